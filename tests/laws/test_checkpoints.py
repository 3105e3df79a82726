"""What must always hold of checkpoints."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainee.errors import DamagedPart, NewerFormat, NothingSaved
from trainee.record import Checkpoint, describe, load, parts, revert, save

AGENT = "agent"
WORKERS = ("streams/a", "streams/b", "streams/c")

dtypes = st.sampled_from(
    [np.dtype(kind) for kind in (np.bool_, np.uint8, np.int32, np.uint32, np.int64, np.float16, np.float32, np.float64)]
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
tensor_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda name: "__" not in name)
part_names = st.just(AGENT) | st.text(max_size=60).map("streams/{}".format)
checkpoints = st.dictionaries(part_names, st.dictionaries(tensor_names, arrays, max_size=4), max_size=4)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@contextmanager
def new_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "home"


def bits(tensors):
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in tensors.items()}


@settings(max_examples=40, deadline=None)
@given(checkpoints, st.dictionaries(st.text(), json, max_size=4))
def test_what_is_saved_is_loaded_to_the_bit(saved, about):
    with new_home() as home:
        save(home, Checkpoint(saved, about))
        loaded = load(home)
    assert {name: bits(tensors) for name, tensors in loaded.parts.items()} == {
        name: bits(tensors) for name, tensors in saved.items()
    }
    assert loaded.about == about
    assert all(array.flags.writeable for tensors in loaded.parts.values() for array in tensors.values())


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(tensor_names, arrays, min_size=2, max_size=6), st.randoms())
def test_the_same_arrays_make_the_same_file_in_any_order_and_layout(tensors, random):
    shuffled = list(tensors)
    random.shuffle(shuffled)
    with new_home() as one, new_home() as other:
        first = save(one, Checkpoint({AGENT: tensors}, {}))
        fortran = {name: np.asarray(tensors[name], order="F") for name in shuffled}
        second = save(other, Checkpoint({AGENT: fortran}, {}))
        assert (one / first.parts[AGENT].file).read_bytes() == (other / second.parts[AGENT].file).read_bytes()


@settings(deadline=None)
@given(st.lists(st.text(max_size=200), unique=True, min_size=2, max_size=6))
def test_folders_are_safe_and_as_many_as_there_are_names(workers):
    folders = [parts.folder(f"streams/{worker}") for worker in workers]
    assert len({folder.casefold() for folder in folders}) == len(workers)
    for folder in folders:
        kind, name = folder.split("/")
        assert kind == "streams"
        assert name.isascii()
        assert len(name) <= 60
        assert name.replace("-", "").replace("_", "").isalnum()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_damage_to_any_file_passes_unnoticed(data):
    with new_home() as home:
        for step in (1, 2):
            arrays = {"numbers": np.full(20, step, np.float32), "flag": np.array(True), "none": np.zeros(0)}
            save(home, Checkpoint(dict.fromkeys((AGENT, WORKERS[0]), arrays), {"step": step}))
        files = {entry.file: f"part {name!r}" for name, entry in describe(home).parts.items()}
        files["agent/manifest.json"] = "the manifest"
        file = data.draw(st.sampled_from(sorted(files)))
        content = (home / file).read_bytes()
        position = data.draw(st.integers(0, len(content) - 1))
        flipped = bytearray(content)
        flipped[position] ^= 1 << data.draw(st.integers(0, 7))
        (home / file).write_bytes(data.draw(st.sampled_from([content[:position], bytes(flipped)])))

        with pytest.raises((DamagedPart, NewerFormat)) as caught:
            load(home)
        message = str(caught.value)
        # Where the digit of the format is what flipped to a larger one, both remedies are told.
        assert caught.type is DamagedPart or (file == "agent/manifest.json" and "Or it is damaged" in message)
        assert file in message
        assert caught.type is NewerFormat or message.startswith(files[file])
        assert "generation 1, step 1, is whole" in message
        assert load(home, generation="previous").about == {"step": 1}


workers = st.sets(st.sampled_from(WORKERS))
saves = st.fixed_dictionaries({"saved": workers, "carried": workers})


@settings(max_examples=25, deadline=None)
@given(st.lists(saves | st.just("revert"), max_size=8))
def test_any_sequence_of_saves_leaves_the_last_two_and_no_other_file(actions):
    with new_home() as home:
        history: list[dict[str, int]] = []
        for step, action in enumerate(actions):
            if action == "revert":
                if len(history) > 1:
                    revert(home)
                    history[-1:] = []
                    history.insert(-1, history[-1])
                continue
            now = history[-1] if history else {}
            carried = {name: now[name] for name in action["carried"] - action["saved"] if name in now}
            saved = dict.fromkeys([AGENT, *action["saved"]], step)
            made = Checkpoint({name: {"step": np.array(value)} for name, value in saved.items()}, {"step": step})
            save(home, made, carry=tuple(carried))
            history.append({**carried, **saved})

            files = {str(path.relative_to(home)) for path in home.rglob("*.safetensors")}
            kept = ("current", "previous")[: len(history)]
            assert files == {entry.file for which in kept for entry in describe(home, which).parts.values()}
        for which, expected in zip(("current", "previous"), reversed(history), strict=False):
            loaded = load(home, generation=which)
            assert {name: tensors["step"].item() for name, tensors in loaded.parts.items()} == expected
        if not history:
            with pytest.raises(NothingSaved):
                load(home)
