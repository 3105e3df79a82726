"""API keys: made, checked and revoked, beside a service that runs."""

from __future__ import annotations

import time

import pytest

from trainee.errors import DamagedPart, InvalidArgument, RecordUnavailable
from trainee.record.keys import Key, Keys
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


@pytest.fixture
def log(url, opened):
    return opened(EventLog, url)


@pytest.fixture
def keys(log):
    return Keys(log)


def test_a_token_is_of_the_key_that_was_made(keys):
    before = time.time()
    token = keys.make("plant", {"decide", "reward"}, jobs=["cooling", "pump"])
    key = keys.check(token)
    assert key == Key(
        key.id, "plant", frozenset({"decide", "reward"}), frozenset({"cooling", "pump"}), key.made_at, None
    )
    assert before <= key.made_at <= time.time()
    assert token.startswith(f"trn_{key.id}_")
    everything = keys.check(keys.make("学习 '?%s", ["control"]))
    assert everything.jobs is None
    assert everything.name == "学习 '?%s"
    assert keys.all() == [key, everything]
    assert keys.check(keys.make("none", ["watch"], jobs=[])).jobs == frozenset()


def test_no_other_token_is_of_any_key(keys):
    token, other = keys.make("a", ["watch"]), keys.make("b", ["watch"])
    prefix, token_id, secret = token.split("_")
    wrong = [
        "",
        "trn",
        "trn__",
        token[:-1],
        token + "0",
        token + "\n",
        " " + token,
        token.upper(),
        f"{prefix}_{token_id}_{'0' * 64}",
        f"{prefix}_{'0' * 12}_{secret}",
        f"{prefix}_{other.split('_')[1]}_{secret}",
        f"{prefix}_{token_id}_\x00\ud800",
        f"{prefix}_{token_id}_{'é' * 64}",
    ]
    assert [keys.check(text) for text in wrong] == [None] * len(wrong)
    assert keys.check(token).name == "a"


def test_a_key_that_was_revoked_is_of_no_use_and_still_told(keys):
    token, other = keys.make("a", ["watch"]), keys.make("b", ["watch"])
    key = keys.check(token)
    keys.revoke(key.id)
    assert keys.check(token) is None
    revoked = keys.all()[0]
    assert revoked.revoked_at >= key.made_at
    keys.revoke(key.id)
    assert keys.all()[0] == revoked
    assert keys.check(other).name == "b"
    for unknown in ("0" * 12, "\x00", token):
        with pytest.raises(InvalidArgument, match="there is no key"):
            keys.revoke(unknown)


def test_what_another_process_does_is_known_within_two_seconds(url, log, keys, opened):
    beside = Keys(opened(EventLog, url, alone=False))
    assert keys.all() == []
    token = beside.make("a", ["watch"])
    deadline = time.monotonic() + 2
    while keys.check(token) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    beside.revoke(keys.check(token).id)
    deadline = time.monotonic() + 2
    while keys.check(token) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["watch", "admin"], "watch"])
def test_scopes_that_there_are_not(keys, scopes):
    with pytest.raises(InvalidArgument, match=r"give some of control, decide, release, reward, watch"):
        keys.make("a", scopes)
    assert keys.all() == []


@pytest.mark.parametrize(("name", "jobs"), [("\x00", None), ("a", ["\x00"]), ("a", "cooling")])
def test_names_that_cannot_be_kept(keys, name, jobs):
    with pytest.raises(InvalidArgument, match="a key cannot have"):
        keys.make(name, ["watch"], jobs)


def test_the_secret_is_nowhere_in_the_database(log, keys):
    token = keys.make("a", ["watch"])
    secret = token.split("_")[2]
    with log.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM keys").fetchall()
    assert len(rows) == 1
    assert secret not in repr(rows)
    assert secret not in repr(keys.all())


def test_a_key_that_is_not_as_it_was_written_is_told(log, keys):
    token = keys.make("a", ["watch"])
    log.database.write(lambda connection: connection.exec_driver_sql("UPDATE keys SET scopes = '[watch'"), "")
    for ask in (keys.all, lambda: Keys(log).check(token)):
        with pytest.raises(DamagedPart, match=r"key '.*' in .* was altered"):
            ask()


def test_a_database_that_does_not_answer_lets_nobody_in(log, keys):
    token = keys.make("a", ["watch"])
    log.close()
    with pytest.raises(RecordUnavailable):
        keys.check(token)
