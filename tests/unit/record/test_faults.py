"""Whatever fails while a checkpoint is saved, the old one or the new one loads whole."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from trainee.errors import NothingSaved, SaveFailed
from trainee.record import Checkpoint, describe, load, save


def all_effects(disk, home, checkpoint):
    with disk.failing(at=10_000, crash=False):
        save(home, checkpoint)
    return list(disk.log)


def test_the_faults_reach_every_kind_of_effect(home, disk, at_step):
    save(home, at_step(1))
    effects = all_effects(disk, home, at_step(2, workers=("new",)))
    effects += all_effects(disk, home, at_step(3, workers=("new",)))
    assert {"save_file", "replace", "fsync", "open", "mkdir", "unlink", "rmdir", "chmod"} == {*effects}


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("workers", [("CartPole-v1", "ALE/Pong-v5"), ("new",)])
def test_a_fault_at_any_effect_leaves_the_old_checkpoint_or_the_new_one(
    tmp_path, disk, at_step, same, leftovers, crash, workers
):
    old, new = at_step(2), at_step(3, workers=workers)

    save(tmp_path / "template", at_step(1))
    save(tmp_path / "template", old)

    def prepared(name):
        return shutil.copytree(tmp_path / "template", tmp_path / name)

    effects = len(all_effects(disk, prepared("whole"), new))
    outcomes = set()
    for at in range(effects):
        home = prepared(str(at))
        failure = None
        try:
            with disk.failing(at, crash):
                save(home, new)
        except (disk.crash, SaveFailed) as error:
            failure = error
        now = load(home)
        outcome = "old" if same(now, old) else "new"
        assert outcome == "old" or same(now, new), f"effect {at}, {disk.log[at]}"
        load(home, generation="previous")
        if not crash:
            # What the message says is so, and a fault in what comes after the checkpoint is in place is no fault.
            assert (failure is not None and "stands" in str(failure)) == (outcome == "old"), f"{at}: {failure}"
            assert "No space left on device" in str(failure or "No space left on device")
        outcomes.add((outcome, failure is not None))
        save(home, at_step(4))
        assert same(load(home), at_step(4))
        assert not leftovers(home)
    assert {("old", True), ("new", True), ("new", crash)} <= outcomes


@pytest.mark.parametrize("crash", [False, True])
def test_a_fault_at_any_effect_of_the_first_save_leaves_nothing_or_all(tmp_path, disk, at_step, same, crash):
    effects = len(all_effects(disk, tmp_path / "whole", at_step(1)))
    nothing = 0
    for at in range(effects):
        home = tmp_path / str(at)
        try:
            with disk.failing(at, crash):
                save(home, at_step(1))
        except (disk.crash, SaveFailed):
            pass
        try:
            assert same(load(home), at_step(1))
        except NothingSaved:
            nothing += 1
            assert crash or not any(path.is_file() for path in home.rglob("*"))
        save(home, at_step(2))
        assert same(load(home), at_step(2))
    assert 0 < nothing < effects


def test_everything_is_on_the_disk_before_the_manifest_takes_its_name(home, at_step, monkeypatch):
    save(home, at_step(1))
    synced: list[int] = []
    moved: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_ino)
        # A folder that is synced after its file was renamed keeps the new name.
        moved.append(("synced", os.fstat(descriptor).st_ino))

    def watched_replace(source, target):
        assert Path(source).stat().st_ino in synced, f"{target} was renamed before it was written down"
        moved.append((str(target), Path(target).parent.stat().st_ino))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    saved = save(home, at_step(2, workers=("new",)))
    commit = next(i for i, (what, _) in enumerate(moved) if what.endswith("/manifest.json"))
    for entry in saved.parts.values():
        renamed = next(i for i, (what, _) in enumerate(moved) if what.endswith(entry.file))
        assert ("synced", moved[renamed][1]) in moved[renamed:commit]
    assert ("synced", (home / "streams").stat().st_ino) in moved[:commit]
    assert moved[-1] == ("synced", (home / "agent").stat().st_ino)


@contextmanager
def files_no_larger_than(size_bytes: int):
    """The kernel refuses to let a file grow past a size, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_old_checkpoint(home, at_step, same, leftovers):
    save(home, at_step(1))
    save(home, at_step(2))
    large = at_step(3, size=1_000)
    # From no room at all to room for the streams but not for the agent.
    for size in range(0, 4_000, 80):
        with files_no_larger_than(size), pytest.raises(SaveFailed) as caught:
            save(home, large)
        assert "File too large" in str(caught.value)
        assert "It needs 4,020 bytes" in str(caught.value)
        assert "The one before it (generation 2, step 2) stands." in str(caught.value)
        assert same(load(home), at_step(2))
        assert same(load(home, generation="previous"), at_step(1))
        assert not leftovers(home)
    with files_no_larger_than(8_000):
        save(home, large)
    assert same(load(home), large)


def test_room_for_the_parts_but_not_for_the_manifest(home, at_step, same, leftovers):
    save(home, at_step(1))
    about = {"step": 2, "notes": "x" * 4_000}
    with files_no_larger_than(2_000), pytest.raises(SaveFailed, match="File too large"):
        save(home, Checkpoint(at_step(2).parts, about))
    assert same(load(home), at_step(1))
    assert not leftovers(home)


SAVING = """
import sys
from pathlib import Path
import numpy as np
from trainee.record import Checkpoint, save
step = int(sys.argv[2])
while True:
    step += 1
    parts = {name: {"step": np.full(50_000, step)} for name in ("agent", "streams/a", "streams/b")}
    save(Path(sys.argv[1]), Checkpoint(parts, {"step": step}))
    print(step, flush=True)
"""


def test_a_killed_process_leaves_a_whole_checkpoint(home):
    save(home, Checkpoint({"agent": {"step": np.full(50_000, 0)}}, {"step": 0}))
    step = 0
    for wait_s in (0.0, 0.003, 0.007, 0.012):
        command = [sys.executable, "-c", SAVING, str(home), str(step)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait_s)
            process.kill()
            acknowledged = [step, *map(int, process.stdout.read().split())][-1]
        loaded = load(home)
        assert loaded.about["step"] >= acknowledged
        step = loaded.about["step"]
        assert {value for part in loaded.parts.values() for value in np.unique(part["step"])} == {step}
        before = load(home, generation="previous")
        assert {value for part in before.parts.values() for value in np.unique(part["step"])} == {before.about["step"]}
    assert describe(home).generation > 4
