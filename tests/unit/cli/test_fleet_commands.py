"""`trainee fleet` and `trainee merge` in this process: what they print, and what they end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import runner
from fleets import NESTED, WALK, trained
from trainee import Agent, record
from trainee.fleet import digest, keep, place, provenance_at

pytestmark = pytest.mark.processes


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_fleet_works_and_says_how_to_merge_it(run):
    arguments = ("fleet", WALK, NESTED, "--steps", 60, "--width", 16)
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert f"worker 1: {WALK} done after 60 steps; lessons in fleet/worker-1/lessons/" in out
    assert out.splitlines()[-1] == "merge them: trainee merge fleet/worker-1 fleet/worker-2 --out fleet/merged"
    code, out, _ = run(*arguments, "--json")
    told = [about for about in lines(out) if about.get("kind") == "done with a job"]
    assert code == 0
    assert [(about["job"], about["steps"]) for about in sorted(told, key=lambda a: a["worker"])] == [
        (WALK, 60),
        (NESTED, 60),
    ]
    assert lines(out)[-1] == {"done": True, "homes": ["fleet/worker-1", "fleet/worker-2"]}


def test_two_do_not_work_in_one_home_at_once(run):
    with record.lock(Path("fleet")):
        code, out, err = run("fleet", WALK, "--steps", 60)
    assert (code, out) == (4, "")
    assert "fleet is already in use" in err
    assert not Path("fleet/fleet.json").exists()


def test_rounds_and_specialists(run):
    told = ("--rounds", 2, "--specialise", "--episodes", 30, "--json")
    code, out, err = run("fleet", WALK, "--steps", 150, "--width", 16, *told)
    assert (code, err) == (0, "")
    said = lines(out)
    (taken,) = [about for about in said if about.get("round") == 1]
    assert taken["kind"] in ("takes the merged agent", "goes on with its own")
    assert taken["retained"].keys() == {WALK}
    assert [about["steps"] for about in said if about.get("kind") == "done with a job"] == [150, 300]
    (route,) = [about["route"] for about in said if "route" in about]
    assert (route["job"], route["home"], route["worker"]) == (WALK, "fleet/worker-1", WALK)
    (gate,) = [about for about in said if "verdict" in about]
    assert gate["specialist"] == gate["merged"] == pytest.approx(route["mean"])
    code, out, _ = run("evaluate", WALK, "--home", "fleet", "--episodes", 2)
    assert code == 0
    assert out.startswith(f"{WALK.partition(':')[2]}: ")
    code, _, err = run("evaluate", NESTED, "--home", "fleet")
    assert code == 2
    assert f"no agent of the fleet in fleet does {NESTED!r}" in err


def test_a_home_with_spaces_and_another_fleet_in_it(run):
    code, out, _ = run("fleet", WALK, "--steps", 30, "--width", 16, "--home", "my crew")
    assert code == 0
    assert out.splitlines()[-1] == "merge them: trainee merge 'my crew/worker-1' --out 'my crew/merged'"
    code, out, _ = run("fleet", WALK, "--steps", 30, "--width", 16, "--home", "my crew", "--json")
    assert lines(out)[-1]["homes"] == ["my crew/worker-1"]
    code, out, err = run("fleet", WALK, "--steps", 30, "--width", 32, "--home", "my crew")
    assert (code, out) == (2, "")
    assert "the fleet in my crew was begun with --width 16, and is asked to go on with --width 32" in err


def test_lessons_are_no_home(run):
    trained(WALK, steps=60).save("one")
    keep(digest(Agent.load("one"), WALK), place(Path("one"), WALK))
    code, _, err = run("merge", place(Path("one"), WALK), "--out", "merged")
    assert code == 4
    assert "is no agent but lessons: give the home of an agent" in err


def test_a_job_that_cannot_be_worked_at_ends_with_its_code(run):
    code, out, _ = run("fleet", "work_toys:Graph-v0", WALK, "--steps", 30, "--width", 16)
    assert code == 3
    assert "worker 1: given up: observation['map'] is a Graph" in out
    assert Agent.load("fleet/worker-2").workers[WALK].logbook.steps == 30


def test_a_name_that_no_job_has_is_found_before_anybody_works(run):
    code, out, err = run("fleet", WALK, "Nowhere-v0", "--steps", 30, "--width", 16)
    assert (code, out) == (3, "")
    assert "no environment is called 'Nowhere-v0'" in err
    assert not Path("fleet").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fleet", WALK, WALK, "--steps", 5], f"{WALK} is given twice"),
        (["fleet", WALK, "--steps", 0], "--steps must be a whole number from 1"),
        (["fleet", WALK, "--steps", 5, "--workers", 2], "--workers must be from 1 to 1"),
        (["fleet", WALK, "--steps", 5, "--rounds", 0], "--rounds must be a whole number from 1 to"),
        (["fleet", WALK, "--steps", 5, "--episodes", 1], "--episodes must be 2 or more"),
        (["merge", "a", "--out", "b", "--episodes", 1], "--episodes must be 2 or more"),
        (["merge", "a", "--out", "b", "--turns", -1], "--turns must be 0 or more"),
    ],
)
def test_what_cannot_be_asked_for(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_what_passes_is_put_where_it_was_asked_for(run):
    trained(WALK).save("one")
    trained(WALK, steps=100).save("other")
    code, out, _ = run("merge", "one", "one", "--out", "merged", "--episodes", 30)
    assert code == 0, out
    assert out.splitlines()[-1].endswith("and put in merged")
    assert Agent.load("merged").workers[WALK].logbook.steps == 300
    assert provenance_at(place(Path("merged"), WALK)).steps == 300
    code, _, err = run("merge", "one", "--out", "merged")
    assert code == 2
    assert "an agent is kept in merged" in err


def test_what_does_not_pass_is_not_released(run):
    agent = trained(WALK)
    worker = agent.workers.pop(WALK)
    worker.name = "mill"
    agent.workers["mill"], agent.streams["mill"] = worker, agent.streams.pop(WALK)
    agent.save("one")
    code, out, _ = run("merge", "one", "nowhere", "--out", "merged", "--episodes", 5)
    assert code == 1
    assert "left out: nowhere: no checkpoint is saved in nowhere" in out
    assert "mill: it cannot be played here" in out
    assert out.splitlines()[-1] == "not released: merged holds no agent"
    assert not Path("merged/agent").exists()
    code, out, _ = run("merge", "one", "--out", "merged", "--episodes", 5, "--json")
    told = lines(out)
    assert code == 1
    assert (told[0]["job"], told[0]["verdict"], told[0]["retained"]) == ("mill", "not played", None)
    assert told[-1]["passed"] is False


def test_nothing_to_merge(run):
    code, _, err = run("merge", "nowhere", "--out", "merged")
    assert code == 4
    assert "there is nothing to merge. nowhere: no checkpoint is saved" in err
