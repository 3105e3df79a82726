"""`trainee demo` in this process, at jobs of a few steps: to its end, broken off, and begun where it may not be."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from command_line import runner
from fleets import NESTED, WALK
from trainee import Agent
from trainee.cli import demo
from trainee.fleet import place, provenance_at

pytestmark = pytest.mark.processes


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "PROGRAMME", ((WALK, 6_000), (NESTED, 4_000)))
    monkeypatch.setattr(demo, "WIDTH", 16)
    return runner(monkeypatch, capsys)


def test_it_works_is_broken_off_goes_on_merges_and_is_over(run, monkeypatch):
    from trainee.cli import fleet_live

    class Impatient(fleet_live.Telling):
        def tell(self, news):
            super().tell(news)
            if news.kind == "done with a job":
                signal.raise_signal(signal.SIGINT)

    # As on a terminal, also where whoever began the tests ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patched:
        patched.setattr(fleet_live, "Telling", Impatient)
        code, out, _ = run("demo", "--share", 0.01, "--seed", 1)
    signal.signal(signal.SIGINT, before)
    assert code == 130
    assert "interrupted: saved in demo; the same command goes on from there" in out
    code, out, err = run("demo", "--seed", 1, "--share", 0.2)
    assert err == ""
    assert "merge: the gate: the merged agent at every job" in out
    assert "Merged into one agent" in out
    assert code == 0, out
    assert "passed: one agent does all 2 jobs, and is kept in demo/merged" in out
    merged = Agent.load("demo/merged")
    assert {name: worker.logbook.steps for name, worker in merged.workers.items()} == {WALK: 1_200, NESTED: 800}
    assert provenance_at(place(Path("demo/merged"), WALK)).steps == 1_200
    # It does not say how long all of it took, as it does not know.
    assert "All of this took" not in Path("demo/report.html").read_text("utf-8")
    code, _, err = run("demo", "--seed", 1)
    assert code == 2
    assert "the demo in demo is over: its page is demo/report.html" in err


def test_another_seed_is_another_demo(run):
    Path("demo").mkdir()
    Path("demo/fleet.json").write_text(json.dumps({"jobs": [WALK, NESTED], "workers": 2, "seed": 3, "width": 16}))
    code, out, err = run("demo")
    assert (code, out) == (2, "")
    assert "was begun with --seed 3, and is asked to go on with --seed 0" in err


def test_nothing_to_merge_is_a_report_too(run):
    code, out, _ = run("demo", "--share", 0.0005, "--json")
    told = json.loads(out)
    assert (code, told["passed"], told["merged"]) == (1, False, None)
    assert [job["verdict"] for job in told["jobs"]] == ["left out", "left out"]
    assert "there is nothing to merge" in Path(told["report"]).read_text("utf-8")


def test_a_job_that_cannot_be_worked_at_ends_it(run, monkeypatch):
    monkeypatch.setattr(demo, "PROGRAMME", (("Nowhere-v0", 30), (WALK, 30)))
    code, out, _ = run("demo", "--json")
    assert code == 3
    (told,) = (json.loads(line) for line in out.splitlines())
    assert (told["worker"], told["kind"]) == (1, "given up")
    assert "no environment is called 'Nowhere-v0'" in told["why"]
