from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import DamagedPart, InvalidArgument, NewerFormat, NothingSaved, SaveFailed
from trainee.record import Checkpoint, describe, load, save
from trainee.record.manifest import FILES


def test_what_was_saved_is_loaded(home, at_step, same):
    saved = save(home, at_step(1))
    assert same(load(home), at_step(1))
    assert describe(home) == saved
    assert saved.generation == 1


def test_the_checkpoint_before_is_kept_and_the_one_before_that_is_not(home, at_step, same, leftovers):
    for step in (1, 2, 3):
        save(home, at_step(step))
    assert same(load(home), at_step(3))
    assert same(load(home, generation="previous"), at_step(2))
    assert not leftovers(home)
    assert len(list(home.rglob("*.safetensors"))) == 2 * 3


def test_there_is_nothing_before_the_first(home, at_step):
    save(home, at_step(1))
    with pytest.raises(NothingSaved, match="no checkpoint before the current one"):
        load(home, generation="previous")


def test_only_the_named_parts_are_read(home, at_step):
    save(home, at_step(1))
    (home / describe(home).parts["agent"].file).unlink()
    assert set(load(home, ["streams/CartPole-v1"]).parts) == {"streams/CartPole-v1"}


def test_an_unknown_part_is_refused_with_those_there_are(home, at_step):
    save(home, at_step(1))
    with pytest.raises(NothingSaved, match=r"no part 'streams/Acrobot-v1'.*'agent', 'streams/ALE/Pong-v5'"):
        load(home, ["streams/Acrobot-v1"])


@pytest.mark.parametrize("place", ["", "no/such/folder"])
def test_nothing_saved(home, place):
    home.mkdir()
    with pytest.raises(NothingSaved, match=r"no checkpoint is saved in .*home.* there is no agent/manifest.json"):
        load(home / place)


def test_a_home_that_is_a_file(home, at_step):
    home.write_text("not a folder")
    with pytest.raises(NothingSaved):
        load(home)
    with pytest.raises(SaveFailed, match="home"):
        save(home, at_step(1))
    assert home.read_text() == "not a folder"


def test_a_part_that_did_not_change_is_not_written_again(home, at_step):
    first = save(home, at_step(1))
    second = save(home, Checkpoint({**at_step(2).parts, "agent": at_step(1).parts["agent"]}, {}))
    assert second.parts["agent"] == first.parts["agent"]
    assert second.parts["streams/CartPole-v1"] != first.parts["streams/CartPole-v1"]


def test_a_part_that_did_not_change_is_written_again_where_its_file_is_damaged(home, at_step, same):
    file = home / save(home, at_step(1)).parts["agent"].file
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    save(home, at_step(1))
    assert same(load(home), at_step(1))


def test_carried_parts_stay_as_they_are(home, at_step, same):
    save(home, at_step(1))
    for step in (2, 3, 4):
        save(home, at_step(step, workers=("CartPole-v1",)), carry=["streams/ALE/Pong-v5"])
    expected = {**at_step(4).parts, "streams/ALE/Pong-v5": at_step(1).parts["streams/ALE/Pong-v5"]}
    assert same(load(home), Checkpoint(expected, {"step": 4}))


def test_parts_neither_saved_nor_carried_are_gone_once_no_checkpoint_names_them(home, at_step):
    save(home, at_step(1))
    folder = (home / describe(home).parts["streams/ALE/Pong-v5"].file).parent
    save(home, at_step(2, workers=()))
    assert folder.exists()
    save(home, at_step(3, workers=()))
    assert not folder.exists()
    assert set(load(home).parts) == {"agent"}


def test_carrying_what_is_not_there(home, at_step):
    with pytest.raises(NothingSaved):
        save(home, at_step(1), carry=["streams/other"])
    save(home, at_step(1))
    with pytest.raises(InvalidArgument, match=r"'streams/other' cannot be carried over.*'agent'"):
        save(home, at_step(2), carry=["streams/other"])
    with pytest.raises(InvalidArgument, match="'agent' is both saved and carried over"):
        save(home, at_step(2), carry=["agent"])


@pytest.mark.parametrize("value", [np.float32(1), {1, 2}, b"bytes", object()])
def test_metadata_that_is_not_json_is_refused_before_anything_is_written(home, at_step, value, same):
    save(home, at_step(1))
    with pytest.raises(InvalidArgument, match="cannot be written as JSON"):
        save(home, Checkpoint(at_step(2).parts, {"value": value}))
    assert same(load(home), at_step(1))


def test_a_later_format_is_named_and_not_overwritten(home, at_step, as_format):
    save(home, at_step(1))
    save(home, at_step(2))
    as_format(home / FILES["current"], 7)
    with pytest.raises(NewerFormat, match=r"agent/manifest.json has format 7.* up to 1\. Upgrade .*step 1, is whole"):
        load(home)
    with pytest.raises(NewerFormat):
        save(home, at_step(3))
    assert load(home, generation="previous").about == {"step": 1}


def test_a_later_format_with_a_hash_of_its_own_is_still_a_later_format(home, at_step):
    save(home, at_step(1))
    path = home / FILES["current"]
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(NewerFormat, match=r"has format 2.*Or it is damaged.* Upgrade trainee to read it\.$"):
        load(home)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b""), "is truncated: 0 of"),
        (lambda path: path.write_bytes(path.read_bytes()[:-3]), "is truncated: "),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "was altered: it holds"),
        (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), "was altered: its sha256 is"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read: Is a directory"),
    ],
)
def test_a_damaged_part_is_named_and_the_last_good_checkpoint_offered(home, at_step, same, damage, said):
    save(home, at_step(1_000))
    saved = save(home, at_step(2_000))
    entry = saved.parts["streams/ALE/Pong-v5"]
    damage(home / entry.file)
    with pytest.raises(DamagedPart) as caught:
        load(home)
    message = str(caught.value)
    assert f"part 'streams/ALE/Pong-v5' of the checkpoint in {home} is damaged: {entry.file} {said}" in message
    assert "The last good one, generation 1, step 1,000, is whole: --last-good" in message
    assert same(load(home, generation="previous"), at_step(1_000))


def test_a_checkpoint_before_that_is_damaged_too_is_not_offered(home, at_step):
    first = save(home, at_step(1))
    second = save(home, at_step(2))
    for saved in (first, second):
        (home / saved.parts["agent"].file).write_bytes(b"")
    with pytest.raises(DamagedPart, match="There is no whole checkpoint before it"):
        load(home)
    with pytest.raises(DamagedPart, match=f"'agent'.*{first.parts['agent'].file} is truncated"):
        load(home, generation="previous")


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_text("{}"), lambda path: path.write_text("[]")]
)
def test_a_damaged_manifest(home, at_step, same, damage):
    save(home, at_step(1))
    save(home, at_step(2))
    damage(home / FILES["current"])
    with pytest.raises(DamagedPart, match=r"manifest .* is damaged: agent/manifest.json .*step 1, is whole"):
        load(home)
    with pytest.raises(DamagedPart, match=r"agent/manifest.json"):
        save(home, at_step(3, workers=()), carry=["streams/CartPole-v1"])
    save(home, at_step(3))
    assert same(load(home), at_step(3))
    assert same(load(home, generation="previous"), at_step(1))


def test_files_have_the_rights_that_their_folder_gives(home, at_step):
    save(home, at_step(1))
    rights = {path.stat().st_mode & 0o666 for path in home.rglob("*")}
    assert len(rights) == 1
