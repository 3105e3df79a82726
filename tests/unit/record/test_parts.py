from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.record import Checkpoint, Entry, load, parts, save

SIZED = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
DTYPES = ["bool", *SIZED, "float16", "float32", "float64"]
SHAPES = [(), (0,), (0, 3), (3, 0, 2), (1,), (5,), (2, 3), (2, 1, 4)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_dtype_and_shape_comes_back(home, dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    save(home, Checkpoint({"agent": {"array": array}}, {}))
    loaded = load(home).parts["agent"]["array"]
    assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(loaded, array)
    assert loaded.flags.writeable
    assert loaded.flags.c_contiguous
    assert loaded.flags.aligned


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12)[::-2],
        np.broadcast_to(np.float32(2), (3, 2)),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(6, dtype=">f4").reshape(2, 3),
        np.float32(3),
    ],
)
def test_arrays_that_do_not_lie_in_a_row_come_back(home, array):
    save(home, Checkpoint({"agent": {"array": np.asarray(array)}}, {}))
    loaded = load(home).parts["agent"]["array"]
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == array.dtype.newbyteorder("=")


def test_a_part_with_no_tensors_comes_back(home):
    save(home, Checkpoint({"agent": {}}, {}))
    assert load(home).parts == {"agent": {}}


def test_the_same_arrays_make_the_same_bytes_in_any_order(tmp_path):
    rng = np.random.default_rng(0)
    tensors = {f"tensor {i}": rng.normal(size=i).astype([np.float32, np.float64][i % 2]) for i in range(20)}
    written = []
    for order in (sorted(tensors), sorted(tensors, reverse=True), rng.permutation(sorted(tensors))):
        home = tmp_path / str(len(written))
        saved = save(home, Checkpoint({"agent": {str(name): tensors[str(name)] for name in order}}, {}))
        written.append((home / saved.parts["agent"].file).read_bytes())
    assert len(set(written)) == 1


@pytest.mark.parametrize(
    "array",
    [
        np.array(["text"]),
        np.array([None]),
        np.zeros(1, complex),
        np.zeros(1, "M8[s]"),
        np.zeros(1, [("a", np.int8)]),
    ],
)
def test_other_dtypes_are_refused_by_name(home, array):
    with pytest.raises(InvalidArgument) as caught:
        save(home, Checkpoint({"streams/x": {"strange": array}}, {}))
    assert f"tensor 'strange' of part 'streams/x' is of dtype {array.dtype}" in str(caught.value)
    assert not home.exists()


@pytest.mark.parametrize("tensor", ["__metadata__", "lone \ud800"])
def test_tensor_names_that_no_file_can_hold_are_refused(home, tensor):
    with pytest.raises(InvalidArgument, match="rename it"):
        save(home, Checkpoint({"agent": {tensor: np.zeros(1)}}, {}))


@pytest.mark.parametrize("name", ["", "events", "../agent", "/etc", "Agent"])
def test_parts_have_two_places_only(home, name):
    with pytest.raises(InvalidArgument, match="no place for a part named"):
        save(home, Checkpoint({name: {}}, {}))


LIKE_PATHS = ["ALE/Pong-v5", "module:Name-v0", "..", ".", "", "/", "../../etc", "a/", "000001.safetensors"]
ODD = [*LIKE_PATHS, "a\0b", "名前", "x" * 5_000, "CON", "a b\n", "\ud800", "Pong", "pong", "PONG"]


def test_workers_may_have_any_name(home):
    wanted = {f"streams/{worker}": {"i": np.array(i)} for i, worker in enumerate(ODD)}
    saved = save(home, Checkpoint(wanted, {}))
    loaded = load(home).parts
    assert {name: tensors["i"].item() for name, tensors in loaded.items()} == {
        name: tensors["i"].item() for name, tensors in wanted.items()
    }
    folders = {entry.file.casefold() for entry in saved.parts.values()}
    assert len(folders) == len(wanted)
    streams = home / "streams"
    assert all((home / entry.file).resolve().parent.parent == streams.resolve() for entry in saved.parts.values())


def test_a_readable_name_can_be_read_in_its_folder():
    assert parts.folder("agent") == "agent"
    assert parts.folder("streams/CartPole-v1").startswith("streams/CartPole-v1-")


def test_sizes_alone_do_not_show_altered_bytes(home):
    entry = save(home, Checkpoint({"agent": {"a": np.zeros(3)}}, {})).parts["agent"]
    altered = Entry(entry.file, entry.bytes, "0" * 64)
    assert parts.damage(home, entry) is None
    assert parts.damage(home, altered, hashed=False) is None
    assert "was altered" in str(parts.damage(home, altered))
