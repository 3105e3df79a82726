"""The shelf: lessons on disk, whole or refused."""

from __future__ import annotations

import dataclasses
import json
import resource
import shutil

import jax
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee import record
from trainee.errors import (
    DamagedPart,
    DifferentAgent,
    NewerFormat,
    NothingSaved,
    RecordError,
    SaveFailed,
    UnfitLessons,
)
from trainee.fleet import digest, keep, place, read
from trainee.fleet import lessons as room
from trainee.fleet.provenance import Provenance
from trainee.fleet.shelf import newest


@pytest.fixture
def folder(shelved, tmp_path):
    return shutil.copytree(shelved, tmp_path / "walk")


def learner(agent, job=WALK):
    return agent.workers[job].learner


def file_of(folder):
    return max(folder.glob("lessons/*.safetensors"))


def test_what_is_kept_is_read(walker, shelved):
    lessons, kept = read(shelved, walker, learner(walker)), digest(walker, WALK)
    assert lessons.provenance == kept.provenance
    for one, other in zip(_leaves(lessons), _leaves(kept), strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def test_an_agent_that_has_done_nothing_may_read_what_its_like_learned(walker, shelved):
    assert len(read(shelved, born(), learner(walker))) == 300


def test_the_same_lessons_are_kept_once(walker, folder):
    before = {path: path.read_bytes() for path in folder.rglob("*.safetensors")}
    hashes = {keep(digest(walker, WALK), folder) for _ in range(3)}
    assert len(hashes) == 1
    assert {path: path.read_bytes() for path in folder.rglob("*.safetensors")} == before


def test_they_take_no_more_room_on_the_disk_than_is_said(walker, folder, monkeypatch):
    """However often they are taken again."""
    monkeypatch.setattr(room, "MOST_BYTES", 40_000)
    for most in (30, 10_000, 10_000):
        keep(digest(walker, WALK, most), folder)
    keep(digest(trained(WALK, steps=280), WALK), folder)
    assert 20_000 < sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 40_000


def test_each_worker_has_a_folder(tmp_path):
    assert place(tmp_path, "a/b") != place(tmp_path, "a_b")
    assert place(tmp_path, "a/b").parent == tmp_path / "lessons"


def test_another_ancestor_is_refused(walker, folder):
    for other in (born(seed=7), born(width=8)):
        with pytest.raises(DifferentAgent, match=r"another ancestor.*seed 0, width 16.*Only agents that descend"):
            read(folder, other, learner(walker))


def test_another_signature_is_refused(walker, folder):
    nested = trained(NESTED, steps=1)
    with pytest.raises(DifferentAgent, match=r"another kind of job.*of 'work_toys:Walk-v0'"):
        read(folder, nested, learner(nested, NESTED))


def test_a_later_format_is_refused(walker, folder):
    saved = record.load(folder)
    record.save(folder, record.Checkpoint(saved.parts, {**saved.about, "lessons": 99}))
    with pytest.raises(NewerFormat, match=r"format 99.*Upgrade trainee"):
        read(folder, walker, learner(walker))


def test_other_constants_are_another_ancestor(walker, folder):
    saved = record.load(folder)
    about = Provenance.from_json(saved.about["provenance"])
    altered = dataclasses.replace(about, ancestor="0" * 16, constants="1" * 16)
    record.save(folder, record.Checkpoint(saved.parts, {**saved.about, "provenance": altered.to_json()}))
    with pytest.raises(DifferentAgent, match="constants 1111"):
        read(folder, walker, learner(walker))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[:-10], "is truncated"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "was altered"),
        (lambda data: data + b"0", "was altered"),
    ],
    ids=["truncated", "altered", "longer"],
)
def test_damage_is_named(walker, folder, damage, told):
    file = file_of(folder)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DamagedPart, match=f"part 'lessons'.*{told}"):
        read(folder, walker, learner(walker))


def test_a_damaged_manifest_is_named(walker, folder):
    manifest = folder / "agent" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-5])
    with pytest.raises(DamagedPart, match="manifest"):
        read(folder, walker, learner(walker))


def test_a_missing_field_is_damage(walker, folder):
    saved = record.load(folder)
    about = {name: value for name, value in saved.about["provenance"].items() if name != "steps"}
    record.save(folder, record.Checkpoint(saved.parts, {**saved.about, "provenance": about}))
    with pytest.raises(DamagedPart, match="do not say where they come from"):
        read(folder, walker, learner(walker))


def test_tensors_of_another_shape_are_refused(walker, folder):
    saved = record.load(folder)
    parts = {"lessons": {**saved.parts["lessons"], "utilities": np.zeros((300, 2, 1, 3), np.float32)}}
    record.save(folder, record.Checkpoint(parts, saved.about))
    with pytest.raises(DifferentAgent, match="utilities"):
        read(folder, walker, learner(walker))


def test_nan_on_disk_is_named(walker, folder):
    saved = record.load(folder)
    utilities = saved.parts["lessons"]["utilities"].copy()
    utilities[17, 0, 0, 0] = np.nan
    record.save(folder, record.Checkpoint({"lessons": {**saved.parts["lessons"], "utilities": utilities}}, saved.about))
    with pytest.raises(UnfitLessons, match="nan in the utilities of lesson 17"):
        read(folder, walker, learner(walker))


def test_empty_ones_are_refused(walker, folder):
    saved = record.load(folder)
    empty = {name: array[:0] if array.shape[:1] == (300,) else array for name, array in saved.parts["lessons"].items()}
    record.save(folder, record.Checkpoint({"lessons": empty}, {**saved.about, "count": 0}))
    with pytest.raises(UnfitLessons, match="are empty"):
        read(folder, walker, learner(walker))


def test_an_agent_is_no_lessons(walker, tmp_path):
    walker.save(tmp_path / "home")
    with pytest.raises(UnfitLessons, match="holds no lessons but an agent"):
        read(tmp_path / "home", walker, learner(walker))
    with pytest.raises(NothingSaved):
        read(tmp_path / "nowhere", walker, learner(walker))


def test_that_none_are_kept_is_no_warning(walker, tmp_path, caplog):
    assert newest(tmp_path, walker, WALK).provenance == digest(walker, WALK).provenance
    assert not caplog.messages


@pytest.mark.parametrize("file", ["agent/manifest.json", "lessons/000001.safetensors"])
def test_what_cannot_be_read_is_named_and_taken_anew(walker, shelved, tmp_path, file, caplog):
    folder = shutil.copytree(shelved, place(tmp_path, WALK))
    (folder / file).write_bytes((folder / file).read_bytes()[:-7])
    lessons = newest(tmp_path, walker, WALK)
    assert lessons.provenance == digest(walker, WALK).provenance
    (warning,) = caplog.messages
    assert f"lessons of {WALK!r} are not learned from" in warning
    assert str(tmp_path) in warning
    keep(lessons, folder)
    assert len(read(folder, walker, learner(walker))) == 300


def test_provenance_is_of_the_lessons_that_are_read(walker, folder, monkeypatch):
    """Others may be kept in the same place while they are read."""

    def load(at):
        saved = original(at)
        keep(digest(trained(WALK, steps=280), WALK), at)
        return saved

    original = record.load
    monkeypatch.setattr(record, "load", load)
    lessons = read(folder, walker, learner(walker))
    assert (lessons.provenance.steps, len(lessons)) == (300, 300)


def test_no_room_leaves_the_old_ones(walker, folder):
    before = record.load(folder).about
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    fewer = digest(walker, WALK, most=200)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(SaveFailed, match="Make room"):
            keep(fewer, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert record.load(folder).about == before


def test_every_flipped_bit_is_noticed(walker, folder):
    """Also in the manifest; what is refused is of the record, and says so."""
    random = np.random.default_rng(0)
    for file in (file_of(folder), folder / "agent" / "manifest.json"):
        whole = file.read_bytes()
        for _ in range(20):
            flipped = bytearray(whole)
            flipped[random.integers(len(whole))] ^= 1 << random.integers(8)
            file.write_bytes(bytes(flipped))
            with pytest.raises(RecordError):
                read(folder, walker, learner(walker))
        file.write_bytes(whole)
    assert json.loads((folder / "agent" / "manifest.json").read_text())["about"]["kind"] == "lessons"


def _leaves(lessons):
    tree = (lessons.observation, lessons.allowed, lessons.utilities, lessons.decided, lessons.normaliser, lessons.peak)
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]
