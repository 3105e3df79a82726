"""The commands in this process: what they print, what they end with, and what is wrong with what they are given."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from command_line import Run, runner
from trainee import Agent, record

WALK = "work_toys:Walk-v0"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command line: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


def lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_learn_goes_on_in_the_same_home(run: Run) -> None:
    code, out, err = run("learn", WALK, "--steps", 50)
    assert (code, err) == (0, "")
    assert f"{WALK}: step 50 of 50" in out
    assert "saved in home" in out
    code, out, _ = run("learn", WALK, "--steps", 80, "--json")
    assert code == 0
    (told,) = lines(out)
    assert (told["job"], told["steps"], told["total_steps"], told["episodes"]) == (WALK, 30, 80, 2)
    code, out, _ = run("learn", WALK, "--steps", 80)
    assert (code, out) == (0, f"{WALK}: 80 steps done; ask for more than that to go on\n")
    assert lines(run("learn", WALK, "--steps", 10, "--json")[1]) == [{"job": WALK, "steps": 0, "total_steps": 80}]


def test_episodes_may_be_given_up_where_that_is_asked(run: Run) -> None:
    for steps, option in ((20, ("--restartable",)), (40, ())):
        assert run("learn", WALK, "--steps", steps, *option)[0] == 0
        assert Agent.load("home").workers[WALK].spec.restartable
    code, _, err = run("learn", WALK, "--steps", 60, "--not-restartable")
    assert code == 2
    assert "restartable=False" in err
    assert run("learn", WALK, "--steps", 20, "--home", "other")[0] == 0
    assert not Agent.load("other").workers[WALK].spec.restartable


def test_one_agent_at_several_jobs(run: Run) -> None:
    code, out, _ = run("learn", WALK, "CartPole-v1", "--steps", 30, "--json", "--width", 16, "--seed", 3)
    assert code == 0
    assert [told["job"] for told in lines(out)] == [WALK, "CartPole-v1"]
    identity = record.read_identity(Path("home"))
    assert (identity["width"], identity["seed"]) == (16, 3)
    code, out, _ = run("evaluate", "CartPole-v1", "--episodes", 3, "--json")
    (told,) = lines(out)
    assert (code, len(told["returns"])) == (0, 3)
    assert told["low"] <= told["mean"] <= told["high"]
    code, out, _ = run("evaluate", WALK, "--episodes", 2)
    assert "over 2 episodes" in out
    code, _, err = run("evaluate", "Acrobot-v1")
    assert code == 2
    assert f"has not worked at 'Acrobot-v1'; it has at: CartPole-v1, {WALK}" in err


@pytest.mark.parametrize("steps", [0, -5, 10**13, 10**30])
def test_steps_out_of_range(run: Run, steps: int) -> None:
    code, out, err = run("learn", WALK, "--steps", steps)
    assert (code, out) == (2, "")
    assert err == f"trainee: --steps must be a whole number from 1 to 1,000,000,000,000, not {steps}\n"
    assert not Path("home").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["learn", WALK, "--steps", "many"], "'many' is no whole number"),
        (["learn", WALK], "--steps"),
        (["learn", "--steps", "5"], "JOB"),
        (["teach", WALK], "teach"),
    ],
)
def test_what_is_no_command_line(run: Run, arguments: list[str], message: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert message in err


def test_an_unknown_id_has_near_ones(run: Run) -> None:
    code, out, err = run("learn", "CartPol-v1", "--steps", 10)
    assert (code, out) == (3, "")
    assert "no environment is called 'CartPol-v1'" in err
    assert "CartPole-v1" in err
    code, out, _ = run("learn", "CartPol-v1", "--steps", 10, "--json")
    (told,) = lines(out)
    assert (code, told["error"]["kind"], told["error"]["exit_code"]) == (3, "UnknownJob", 3)


def test_an_unsupported_space_is_named(run: Run) -> None:
    code, _, err = run("learn", "work_toys:Graph-v0", "--steps", 10)
    assert code == 3
    assert "observation['map'] is a Graph" in err
    assert "wrap" in err.lower()


def test_an_environment_that_raises_is_saved_and_reported(run: Run) -> None:
    code, _, err = run("learn", "work_toys:Breaks-v0", "--steps", 100)
    assert code == 3
    assert "RuntimeError: the motor is hot in step 31" in err
    assert "The agent is saved in home, with 30 steps at work_toys:Breaks-v0" in err
    code, out, _ = run("learn", "work_toys:Breaks-v0", "--steps", 40, "--json")
    assert (code, lines(out)[0]["total_steps"]) == (0, 40)


def test_an_environment_that_goes_blind_is_left_and_saved(run: Run) -> None:
    code, out, err = run("learn", "work_toys:GoesBlind-v0", "--steps", 100)
    assert code == 3
    assert "10 unfit time steps in a row, the last: reward is nan (GoesBlind-v0, step 40)" in err
    assert "The agent is saved in home, with 30 steps" in err
    # Told as they come, the first few of them.
    told = " ".join(out.split())
    assert told.count("the step was not learned from") == 5
    assert "step 31)" in told


def test_brackets_in_a_fault_are_no_markup(run: Run) -> None:
    code, out, _ = run("learn", "work_toys:Blinks-v0", "--steps", 20)
    assert code == 0
    assert "observation[1] is nan" in " ".join(out.split())


def test_the_same_id_with_other_spaces(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("learn", WALK, "--steps", 10)[0] == 0
    monkeypatch.setenv("WALK_NUMBERS", "4")
    code, _, err = run("learn", WALK, "--steps", 20)
    assert code == 2
    assert f"worker '{WALK}' of this agent has worked at another kind of job" in err
    assert "another home" in err


def damage(part: str, data: Callable[[bytes], bytes]) -> None:
    newest = max(Path("home").glob(f"{part}/*.safetensors"))
    newest.write_bytes(data(newest.read_bytes()))


@pytest.mark.parametrize(
    ("part", "data", "told"),
    [
        ("agent", lambda data: data[:-100], r"part 'agent'"),
        ("streams/*", lambda data: data[:-1] + bytes([data[-1] ^ 1]), f"part 'streams/{WALK}'"),
    ],
    ids=["truncated", "altered"],
)
def test_a_damaged_checkpoint(run: Run, part: str, data: Callable[[bytes], bytes], told: str) -> None:
    for steps in (20, 40):
        assert run("learn", WALK, "--steps", steps)[0] == 0
    damage(part, data)
    for command in (["learn", WALK, "--steps", 60], ["evaluate", WALK]):
        code, _, err = run(*command)
        assert code == 4
        assert told in err
        assert "--last-good" in err
    code, out, _ = run("learn", WALK, "--steps", 60, "--last-good", "--json")
    assert code == 0
    assert (lines(out)[0]["steps"], lines(out)[0]["total_steps"]) == (40, 60)


def test_a_checkpoint_of_a_later_version(run: Run) -> None:
    assert run("learn", WALK, "--steps", 10)[0] == 0
    manifest = Path("home/agent/manifest.json")
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    code, _, err = run("evaluate", WALK)
    assert code == 4
    assert "written by a later version" in err


def test_an_empty_home(run: Run) -> None:
    code, _, err = run("evaluate", WALK, "--home", "nowhere")
    assert code == 4
    assert "no checkpoint is saved in nowhere" in err
    Path("file").write_text("")
    code, _, err = run("learn", WALK, "--steps", 5, "--home", "file")
    assert code == 2
    assert "file cannot be a home" in err


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("tensorboardX", ["learn", "CartPole-v1", "--steps", "9", "--tensorboard", "curves"], "tensorboard"),
        ("imageio", ["evaluate", "CartPole-v1", "--video", "x.gif"], "video"),
        ("matplotlib", ["demo", "--share", "0.0001"], "report"),
    ],
)
def test_a_missing_extra_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, missing: str, arguments: list[str], extra: str
) -> None:
    if arguments[0] == "evaluate":
        assert run("learn", "CartPole-v1", "--steps", 5)[0] == 0
    monkeypatch.setitem(sys.modules, missing, None)
    code, _, err = run(*arguments)
    assert code == 5
    assert f"pip install 'trainee[{extra}]'" in err


def test_check_tells_fit_from_unfit(run: Run) -> None:
    code, out, _ = run("check", "CartPole-v1", "--json")
    (told,) = lines(out)
    assert (code, told["fit"]) == (0, True)
    code, out, _ = run("check", "work_toys:Graph-v0")
    assert code == 3
    assert "Graph" in out


def test_numbers_that_json_cannot_hold_are_null(run: Run) -> None:
    """No episode has ended, so that there is no return."""
    (told,) = lines(run("learn", WALK, "--steps", 5, "--json")[1])
    assert told["online_return"] is None
    assert told["recent_return"] is None


def test_a_demo_spares_an_agent_that_is_kept(run: Run) -> None:
    assert run("learn", WALK, "--steps", 5)[0] == 0
    code, _, err = run("demo", "--home", "home", "--share", "0.01")
    assert code == 2
    assert "an agent is kept in home" in err
    code, _, err = run("demo", "--share", "0")
    assert code == 2
    assert "--share must lie between 0 and 1000, not 0.0" in err


def test_saves_now_and_then_survive_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from trainee import Agent
    from trainee.life import Saves

    agent, full = Agent(), tmp_path / "full"
    full.mkdir()
    agent.learn(WALK, 10, callbacks=[Saves(agent, tmp_path / "home", every_s=0.0)])
    assert Agent.load(tmp_path / "home").workers[WALK].logbook.steps == 10
    # A folder in which nothing can be made: the part's place is a file.
    (full / "agent").write_text("")
    stint = agent.learn(WALK, 10, callbacks=[Saves(agent, full, every_s=0.0)])
    assert stint.steps == 10
    assert "was not saved" in capsys.readouterr().err
    assert np.isfinite(stint.recent_return)


def test_show_tells_of_the_workers(run: Run) -> None:
    run("learn", WALK, "CartPole-v1", "--steps", 60)
    code, out, err = run("show")
    assert (code, err) == (0, "")
    pole, walk = out.splitlines()
    assert walk.startswith(f"{WALK}: 60 steps, ")
    assert "with a mean return of" in walk
    assert pole.startswith("CartPole-v1: 60 steps, ")
    told = lines(run("show", "--json")[1])
    assert [(each["worker"], each["steps"]) for each in told] == [("CartPole-v1", 60), (WALK, 60)]
    code, _, err = run("show", "--home", "nowhere")
    assert code == 4
    assert "nowhere" in err


def test_show_draws_an_episode_in_hindsight(run: Run) -> None:
    run("learn", "CartPole-v1", "--steps", 300)
    code, out, err = run("show", "--hindsight")
    assert (code, err) == (0, "")
    (told,) = lines(run("show", "--hindsight", "--json")[1])
    steps = len(told["values"])
    assert sum(told["rewards"]) == steps
    assert out.startswith(f"CartPole-v1: return {steps} in {steps} steps, decided at step {told['fork']}")
    assert f"▲ step {told['fork']}" in out
    assert out.count("•") == min(steps, 72)
    code, _, err = run("show", "--hindsight", "--episode", 5000)
    assert code == 2
    assert "has no episode 5000" in err
