"""The crew: who does what, and what becomes of a worker that is killed, that cannot go on, or that has done it all."""

from __future__ import annotations

import dataclasses
import os
import signal
from contextlib import closing
from types import SimpleNamespace

import pytest

from fleets import NESTED, WALK
from trainee import Agent, record
from trainee.errors import InvalidArgument, RecordError, SaveFailed
from trainee.fleet import assignments, crew, digest, keep, place, provenance_at
from trainee.fleet import labour as room

pytestmark = pytest.mark.processes

BREAKS, NOWHERE = "work_toys:Breaks-v0", "Nowhere-v0"


def test_jobs_are_dealt_out_in_turn(tmp_path):
    given = assignments(["a", "b", "c", "d", "e"], 2, 100, tmp_path, seed=3, width=16)
    assert [each.jobs for each in given] == [("a", "c", "e"), ("b", "d")]
    assert [each.home for each in given] == [tmp_path / "worker-1", tmp_path / "worker-2"]
    assert {(each.seed, each.width, each.steps) for each in given} == {(3, 16, 100)}


def test_what_cannot_be_dealt_out(tmp_path):
    with pytest.raises(InvalidArgument, match="a is given twice"):
        assignments(["a", "b", "a"], 2, 100, tmp_path)
    for workers in (-1, 0, 3):
        with pytest.raises(InvalidArgument, match=f"from 1 to 2, the number of jobs, not {workers}"):
            assignments(["a", "b"], workers, 100, tmp_path)


def test_two_work_at_once_and_a_second_run_does_nothing(tmp_path):
    given = assignments([WALK, NESTED], 2, 60, tmp_path, width=16)
    news = list(crew(given))
    done = {each.about["job"]: each.about for each in news if each.kind == "done with a job"}
    assert done.keys() == {WALK, NESTED}
    assert sum(each.kind == "done" for each in news) == 2
    for each in given:
        (job,) = each.jobs
        agent = Agent.load(each.home)
        assert (agent.seed, agent.width, agent.workers[job].logbook.steps) == (0, 16, 60)
        assert provenance_at(place(each.home, job)).steps == 60
        assert keep(digest(agent, job), place(each.home, job)) == done[job]["sha256"]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    again = list(crew(given))
    assert {each.about["sha256"] for each in again if each.kind == "done with a job"} == {
        about["sha256"] for about in done.values()
    }
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    assert {path for path in files if "lessons" in path.parts and kept[path] != files[path]} == set()


def test_damaged_lessons_are_handed_in_anew(tmp_path):
    given = assignments([WALK], 1, 60, tmp_path, width=16)
    list(crew(given))
    manifest = place(given[0].home, WALK) / "agent" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-5])
    assert [each.kind for each in crew(given)] == ["done with a job", "done"]
    assert provenance_at(place(given[0].home, WALK)).steps == 60


def test_a_full_disk_between_two_jobs_ends_nothing(tmp_path, monkeypatch):
    """Once there is room again it has done both, and hands the second one's lessons in."""
    said, full = [], [True, True]

    def fails_once(does, which):
        def tried(*given):
            if full[which]:
                full[which] = False
                raise SaveFailed("there is no room")
            return does(*given)

        return tried

    monkeypatch.setattr(room, "kept", fails_once(room.kept, 0))
    monkeypatch.setattr(room, "keep", fails_once(room.keep, 1))
    (given,) = assignments([WALK, NESTED], 1, 60, tmp_path, width=16)
    told = SimpleNamespace(send=said.append, poll=lambda: False)
    assert room.laboured(given, told) == 0
    assert [one["warning"] for one in said if "warning" in one] == ["there is no room The work goes on meanwhile."]
    handed_in = [one for one in said if "lessons" in one]
    assert [(one["job"], one["lessons"] is None) for one in handed_in] == [(WALK, True), (NESTED, False)]
    assert handed_in[0]["why"] == "there is no room"
    assert {name: worker.logbook.steps for name, worker in Agent.load(given.home).workers.items()} == {
        WALK: 60,
        NESTED: 60,
    }


def test_a_worker_that_is_killed_goes_on_from_what_it_saved(tmp_path):
    (given,) = assignments([WALK], 1, 4_000, tmp_path, width=16)
    given = dataclasses.replace(given, save_every_s=0.1)
    killed, kinds = 0, []
    restarted = {}
    for news in crew([given]):
        kinds.append(news.kind)
        if news.kind == "going" and not killed and _saved(given.home) > 0:
            killed = news.about["process"]
            os.kill(killed, signal.SIGKILL)
        if news.kind == "restarted":
            restarted = news.about
    assert killed
    assert kinds.count("restarted") == 1
    assert kinds[-1] == "done"
    assert 0 < restarted["steps"] < 4_000
    assert "exit code -9" in restarted["why"]
    assert Agent.load(given.home).workers[WALK].logbook.steps == 4_000


def test_a_ctrl_c_that_reaches_the_parent_alone_stops_all(tmp_path):
    """As where a script sends it: each is told to stop, saves, and ends."""
    given = assignments([WALK, NESTED], 2, 10**9, tmp_path, width=16)
    processes = dict[int, int]()

    def listen(heard):
        for news in heard:
            if news.kind == "going" and news.about["steps"] > 1:
                processes[news.worker] = news.about["process"]
            if len(processes) == 2:
                signal.raise_signal(signal.SIGINT)

    # What a script puts into the background is begun with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), closing(crew(given)) as heard:
            listen(heard)
    finally:
        signal.signal(signal.SIGINT, before)
    for each, process in zip(given, (processes[0], processes[1]), strict=True):
        assert _saved(each.home) > 1
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_one_that_cannot_go_on_is_given_up_and_the_others_go_on(tmp_path):
    given = assignments([NOWHERE, BREAKS, WALK], 3, 60, tmp_path, width=16)
    news = list(crew(given))
    given_up = {each.worker: each.about["why"] for each in news if each.kind == "given up"}
    assert "no environment is called 'Nowhere-v0'" in given_up[0]
    assert "the motor is hot" in given_up[1]
    assert given_up.keys() == {0, 1}
    assert Agent.load(given[1].home).workers[BREAKS].logbook.steps == 30
    assert Agent.load(given[2].home).workers[WALK].logbook.steps == 60


def test_a_home_in_use_is_said_so(tmp_path):
    given = assignments([WALK], 1, 20, tmp_path, width=16)
    with record.lock(given[0].home):
        news = list(crew(given))
    assert news[-1].kind == "given up"
    assert f"in use by process {os.getpid()}" in news[-1].about["why"]


def test_too_few_steps_for_lessons_are_said_so(tmp_path):
    news = list(crew(assignments([WALK], 1, 5, tmp_path, width=16)))
    (done,) = [each.about for each in news if each.kind == "done with a job"]
    assert done["lessons"] is None
    assert "has ended no episode in 5 steps" in done["why"]


def test_a_process_that_ends_for_nothing_is_given_up(tmp_path):
    """An environment that ends the process in its first step, each time."""
    news = list(crew(assignments(["fleet_toys:Dies-v0"], 1, 20, tmp_path, width=16)))
    kinds = [each.kind for each in news]
    assert kinds.count("restarted") == 3
    assert kinds[-1] == "given up"
    assert "exit code 9, 4 times in a row" in news[-1].about["why"]


def _saved(home):
    try:
        return record.describe(home).about["step"]
    except RecordError:
        return 0
