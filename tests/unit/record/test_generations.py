from __future__ import annotations

import pytest

from trainee.errors import DamagedPart, NothingSaved, SaveFailed
from trainee.record import describe, load, revert, save
from trainee.record.manifest import FILES


def truncate(home, entry):
    path = home / entry.file
    path.write_bytes(path.read_bytes()[:-1])


def flip(home, entry):
    path = home / entry.file
    data = bytearray(path.read_bytes())
    data[-1] ^= 4
    path.write_bytes(data)


def test_going_back_and_on(home, at_step, same, leftovers):
    save(home, at_step(1))
    saved = save(home, at_step(2))
    truncate(home, saved.parts["agent"])
    assert revert(home) == describe(home)
    assert same(load(home), at_step(1))
    save(home, at_step(3, workers=("CartPole-v1",)), carry=["streams/ALE/Pong-v5"])
    assert load(home).parts["streams/ALE/Pong-v5"]["key"].tolist() == [1, 1]
    assert same(load(home, generation="previous"), at_step(1))
    assert not leftovers(home)


def test_there_is_no_going_back_to_a_damaged_checkpoint(home, at_step, same):
    first = save(home, at_step(1))
    save(home, at_step(2))
    truncate(home, first.parts["streams/CartPole-v1"])
    with pytest.raises(DamagedPart, match=r"cannot go back to generation 1, step 1 .*'streams/CartPole-v1'.*truncated"):
        revert(home)
    assert same(load(home), at_step(2))


def test_there_is_no_going_back_before_the_first(home, at_step):
    save(home, at_step(1))
    with pytest.raises(NothingSaved):
        revert(home)


def test_a_failure_while_going_back_changes_nothing(home, at_step, same, disk):
    save(home, at_step(1))
    save(home, at_step(2))
    with disk.failing(at=10_000, crash=False):
        revert(home)
    effects = len(disk.log)
    save(home, at_step(3))
    failures = 0
    for at in range(effects):
        before = load(home)
        try:
            with disk.failing(at, crash=False):
                revert(home)
        except (SaveFailed, DamagedPart):
            failures += 1
        assert same(load(home), before) or same(load(home), at_step(1))
        assert not list(home.rglob("*.writing"))
    assert failures == effects


@pytest.mark.parametrize("damage", [truncate, flip])
def test_a_damaged_checkpoint_does_not_displace_the_last_good_one(home, at_step, same, damage):
    save(home, at_step(1))
    damage(home, save(home, at_step(2)).parts["agent"])
    save(home, at_step(3))
    assert same(load(home), at_step(3))
    assert same(load(home, generation="previous"), at_step(1))


@pytest.mark.parametrize("damage", [truncate, flip])
def test_where_both_are_damaged_the_later_one_is_kept(home, at_step, damage):
    for step in (1, 2):
        damage(home, save(home, at_step(step)).parts["streams/CartPole-v1"])
    save(home, at_step(3))
    assert describe(home, "previous").about == {"step": 2}


def test_a_new_checkpoint_takes_no_name_that_is_taken(home, at_step, same):
    save(home, at_step(1))
    save(home, at_step(2))
    (home / FILES["current"]).unlink()
    # Generation 2 is known to no manifest now, but its files are there.
    assert save(home, at_step(3)).generation == 3
    assert same(load(home), at_step(3))


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(home, at_step, leftovers):
    save(home, at_step(1))
    killed = ["000009.safetensors", "000009.safetensors.writing", ".tmpAb12Cd", "manifest.json.writing"]
    for name in [*killed, "notes.txt"]:
        (home / "agent" / name).write_text("left")
    save(home, at_step(2))
    assert leftovers(home) == {"agent/notes.txt"}
