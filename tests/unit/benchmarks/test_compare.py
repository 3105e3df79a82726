"""The benchmark's arithmetic by numbers worked out by hand, its tables, its file and its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from compare import HERE, arguments, duration, planned, summary
from meter import CHUNK_STEPS, Meter, online_return, steps_per_second, tenths
from processes import cores, outcomes
from runs import RETURNS, SPEED, Run, append, kept, missing_returns, missing_rounds, read, seconds_left, write
from table import cell, interval, page, returns_table, speed_table


def returned(learner: str, seed: int, value: float | None, job: str = "CartPole-v1", steps: int = 50_000):
    run = Run(RETURNS, job, learner, steps, seed)
    measured = {"online_return": value, "steps_per_second": 1000.0, "seconds": 50.0, "load": 2.0}
    return run, {**asdict(run), **measured, "versions": {"python": "3.11"}}


def sped(learner: str, number: int, speed: float | None, load: float = 1.0):
    run = Run(SPEED, "CartPole-v1", learner, 20_480, number)
    measured = {"online_return": 1.0, "steps_per_second": speed, "seconds": 10.0, "load": load}
    return run, {**asdict(run), **measured, "versions": {"python": "3.11"}}


def test_tenths_average_what_ends_in_each_part_and_carry_over_where_nothing_ends():
    # Parts of 10 steps. Steps 1 and 10 lie in the first part, 11 in the second, 100 in the last.
    episodes = [(1, 2.0), (10, 4.0), (11, 10.0), (35, 6.0), (100, 20.0)]
    assert tenths(episodes, 100) == [3.0, 10.0, 10.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 20.0]


def test_online_return_is_the_average_of_the_ten_parts_and_not_of_the_episodes():
    # (3 + 10 + 10 + 6·6 + 20) / 10, where the episodes' own mean would be 42 / 5 = 8.4.
    means = tenths([(1, 2.0), (10, 4.0), (11, 10.0), (35, 6.0), (100, 20.0)], 100)
    assert online_return(means) == pytest.approx(7.9)


def test_parts_of_a_stream_that_ten_does_not_divide_cover_each_step_once():
    # 25 steps are cut after 2, 5, 7, 10, 12, 15, 17, 20, 22 and 25.
    means = tenths([(step, float(step)) for step in range(1, 26)], 25)
    assert means == [1.5, 4.0, 6.5, 9.0, 11.5, 14.0, 16.5, 19.0, 21.5, 24.0]


def test_an_episode_that_ends_after_the_stream_does_not_count():
    assert tenths([(10, 1.0), (101, 99.0)], 100) == [1.0] * 10


def test_without_an_episode_in_the_first_part_there_is_no_online_return():
    means = tenths([(15, 5.0)], 100)
    assert means == [None] + [5.0] * 9
    assert online_return(means) is None


def test_speed_is_the_median_over_chunks_without_the_first():
    # The first stamp ends the first chunk, however long that took. Then chunks of 1, 4 and 2 seconds.
    assert steps_per_second([30.0, 31.0, 35.0, 37.0]) == pytest.approx(CHUNK_STEPS / 2)
    assert steps_per_second([30.0]) is None


def test_meter_reports_what_it_saw():
    meter = Meter("CartPole-v1", "ours", 3, 20)
    left = [meter.see(step, float(step) if step % 2 == 0 else None) for step in range(1, 21)]
    assert left == [True] * 19 + [False]
    report = json.loads(json.dumps(meter.report("numpy")))
    # The episode that ends each part of two steps returned the number of its last step.
    assert report["tenths"] == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0]
    assert report["online_return"] == 11.0
    assert (report["job"], report["learner"], report["seed"], report["steps"]) == ("CartPole-v1", "ours", 3, 20)
    assert set(report["versions"]) == {"python", "numpy"}


def test_meter_times_whole_chunks():
    meter = Meter("CartPole-v1", "ours", 0, 3 * CHUNK_STEPS)
    before = time.perf_counter()
    for step in range(1, 2 * CHUNK_STEPS + 2):
        meter.see(step)
    first, second = meter.stamps_s
    assert before < first < second < time.perf_counter()


def test_interval_of_two_values_spans_both():
    # Resamples of {0, 10} have a mean of 0 or 10 a quarter of the time each, which is more than 2.5%.
    assert interval([0.0, 10.0]) == (0.0, 10.0)
    assert interval([7.0, 7.0, 7.0]) == (7.0, 7.0)


def test_interval_is_that_of_the_mean():
    low, high = interval([0.0] * 50 + [1.0] * 50)
    # The mean of 100 coins has a standard deviation of .05: about .5 ± 1.96 · .05.
    assert low == pytest.approx(0.402, abs=0.015)
    assert high == pytest.approx(0.598, abs=0.015)


def test_cell():
    assert cell([]) == "–"
    assert cell([-12.34]) == "−12.3 (1)"
    assert cell([0.0, 10.0]) == "5.0 [0.0, 10.0] (2)"


def test_returns_table_holds_ours_against_its_bar():
    results = dict(
        [returned("ours", seed, 440.0) for seed in range(5)]
        + [returned("ppo", 0, 340.0), returned("ppo", 1, 350.0)]
        + [returned("ours", seed, -113.0, "Acrobot-v1", 100_000) for seed in range(5)]
        + [returned("ours", 0, -100.0, "MountainCar-v0", 150_000)]
        + [returned("ours", 0, None, "LunarLander-v3", 100)]
        + [sped("ours", 0, 4000.0)]
    )
    assert returns_table(results).splitlines() == [
        "| job, steps | Trainee | SB3 PPO (defaults) | SB3 DQN (rl-zoo's settings) | bar | passed |",
        "| --- | --- | --- | --- | --- | --- |",
        "| CartPole-v1, 50,000 | 440.0 [440.0, 440.0] (5) | 345.0 [340.0, 350.0] (2) | – | ≥ 430.0 | yes |",
        "| Acrobot-v1, 100,000 | −113.0 [−113.0, −113.0] (5) | – | – | ≥ −112.0 | no |",
        "| MountainCar-v0, 150,000 | −100.0 (1) | – | – | ≥ −120.0 | 1 of 5 seeds so far |",
        "| LunarLander-v3, 100 | – | – | – | – | – |",
    ]


def test_speed_table_divides_the_medians():
    speeds = {"ours": [4000.0, 4100.0, 9000.0], "ppo": [2000.0, 2050.0, 2100.0], "dqn": [900.0, 820.0, 810.0]}
    results = dict(sped(learner, i, speeds[learner][i]) for i in range(3) for learner in speeds)
    rows = speed_table(results).splitlines()[2:]
    assert rows == [
        "| CartPole-v1, 20,480 | Trainee | 4,100 | 4,000, 4,100, 9,000 | – | ≥ 3,000 | yes |",
        "| CartPole-v1, 20,480 | SB3 PPO (defaults) | 2,050 | 2,000, 2,050, 2,100 | 2.00× | ≥ 2× | yes |",
        "| CartPole-v1, 20,480 | SB3 DQN (rl-zoo's settings) | 820 | 900, 820, 810 | 5.00× | ≥ 5× | yes |",
    ]
    slower = dict([sped("ours", 0, 4099.0), sped("ppo", 0, 2050.0)])
    assert speed_table(slower).splitlines()[-1].endswith("| 2.00× | ≥ 2× | no |")


def test_page_says_how_busy_the_machine_was_while_speeds_were_measured():
    results = dict([returned("ours", 0, 440.0), sped("ours", 0, 4000.0, 1.0), sped("ppo", 0, 2000.0, 2.7)])
    assert "Highest load of the machine meanwhile: 2.7" in page(results)
    assert page(results).endswith("Measured with python 3.11.\n")
    assert "Speed" not in page(dict([returned("ours", 0, 440.0)]))


def test_results_survive_a_line_cut_short(tmp_path: Path):
    file = tmp_path / "results" / "classic.jsonl"
    first, again, second = returned("ours", 0, 1.0), returned("ours", 0, 2.0), returned("ours", 1, 3.0)
    write(file, dict([first]))
    append(file, again[1])
    with file.open("a") as torn:
        torn.write('{"section": "retu')
    assert read(file) == dict([again])
    write(file, read(file))
    append(file, second[1])
    assert read(file) == dict([again, second])
    assert len(file.read_text().splitlines()) == 2


def test_no_file_holds_no_results(tmp_path: Path):
    assert read(tmp_path / "classic.jsonl") == {}


def test_finished_runs_are_not_run_again():
    plan = planned(["CartPole-v1"], 1000, [0, 1], ["ours", "ppo"])
    done, finished = returned("ours", 0, 1.0, steps=1000)
    assert missing_returns(plan, {done: finished}) == [run for run in plan if run != done]
    # The same job with another number of steps is another run.
    assert missing_returns(plan, dict([returned("ours", 0, 1.0, steps=50_000)])) == plan


def test_plan_has_each_run_once_and_no_dqn_without_published_settings():
    plan = planned(["CartPole-v1", "Pendulum-v1"], 10, [0, 0], ["ours", "dqn"])
    assert [(run.job, run.learner) for run in plan] == [
        ("CartPole-v1", "ours"),
        ("CartPole-v1", "dqn"),
        ("Pendulum-v1", "ours"),
    ]
    assert planned(["MountainCar-v0"], None, [0], ["ours"]) == [Run(RETURNS, "MountainCar-v0", "ours", 150_000, 0)]


def test_speeds_are_interleaved_and_a_round_that_lacks_one_is_measured_whole():
    whole = dict([sped("ours", 0, 1.0), sped("ppo", 0, 1.0), sped("ours", 1, 1.0)])
    runs = missing_rounds("CartPole-v1", 20_480, ["ours", "ppo"], 3, whole)
    assert [(run.seed, run.learner) for run in runs] == [(1, "ours"), (1, "ppo"), (2, "ours"), (2, "ppo")]


def test_measuring_a_learner_again_forgets_every_speed_and_its_own_returns():
    results = dict([returned("ours", 0, 1.0), returned("ppo", 0, 1.0), sped("ours", 0, 1.0), sped("ppo", 0, 1.0)])
    assert kept(results, ["ours"]) == dict([returned("ppo", 0, 1.0)])
    assert kept(results, []) == results


def test_time_left_goes_by_the_nearest_finished_runs():
    # 50 s for 50,000 steps of PPO at CartPole, 10 s for 20,480 of ours: 60 s for 70,480 over all.
    results = dict([returned("ppo", 0, 1.0), sped("ours", 0, 1.0)])
    same = Run(RETURNS, "CartPole-v1", "ppo", 50_000, 1)
    other_job = Run(RETURNS, "Acrobot-v1", "ours", 20_480, 0)
    other_learner = Run(RETURNS, "Acrobot-v1", "dqn", 70_480, 0)
    assert seconds_left(results, [same], 1) == pytest.approx(50)
    assert seconds_left(results, [other_job], 1) == pytest.approx(10)
    assert seconds_left(results, [same, other_job, other_learner], 2) == pytest.approx((50 + 10 + 60) / 2)
    assert seconds_left(results, [], 2) == 0


def test_summary_and_duration():
    assert summary({"online_return": 12.34, "steps_per_second": 1234.5, "seconds": 61.0}) == (
        "online return 12.3, 1,234 steps/s, took 61 s"
    )
    assert summary({"online_return": None, "steps_per_second": None, "seconds": 600.0}) == "took 10 min"
    assert [duration(99), duration(150)] == ["99 s", "2 min"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--steps", "0"], "--steps is 0; it must be 1 or more"),
        (["--jobs", "LunarLander-v3"], "how many steps at LunarLander-v3? Add --steps N"),
    ],
)
def test_arguments_that_cannot_be_used(words, complaint, capsys):
    with pytest.raises(SystemExit):
        arguments(words)
    assert complaint in capsys.readouterr().err


def test_quick_is_one_job_one_seed_one_round_unless_told_otherwise():
    quick = arguments(["--quick"])
    assert (quick.jobs, quick.seeds, quick.rounds) == (["CartPole-v1"], [0], 1)
    assert arguments(["--quick", "--jobs", "Acrobot-v1"]).jobs == ["Acrobot-v1"]
    whole = arguments([])
    assert (len(whole.jobs), whole.seeds, whole.rounds) == (3, [0, 1, 2, 3, 4], 3)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot keep a process on a core")
def test_processes_keep_to_one_core_each_and_answer_with_their_last_line():
    show = "import json, os; print('noise'); print(json.dumps({'cores': sorted(os.sched_getaffinity(0))}))"
    on = cores(2)
    answers = dict(outcomes({name: python(show) for name in range(3)}, on))
    assert sorted(answers) == [0, 1, 2]
    for answer in answers.values():
        assert isinstance(answer, dict)
        assert len(answer["cores"]) == 1
        assert answer["cores"][0] in on
        assert answer["seconds"] > 0
        assert answer["load"] >= 0


def test_on_one_core_no_two_run_at_a_time():
    nap = "import json, time; a = time.time(); time.sleep(.1); print(json.dumps({'span': [a, time.time()]}))"
    answers = dict(outcomes({name: python(nap) for name in range(2)}, cores(1)))
    assert answers[0]["span"][1] <= answers[1]["span"][0]


def test_a_process_that_fails_says_why_and_the_others_go_on():
    commands = {
        "raises": python("raise ValueError('no such job')"),
        "silent": python("pass"),
        "good": python("print('{}')"),
    }
    answers = dict(outcomes(commands, cores(2)))
    assert "it ended with status 1" in str(answers["raises"])
    assert "ValueError: no such job" in str(answers["raises"])
    assert "it printed no JSON object" in str(answers["silent"])
    assert isinstance(answers["good"], dict)


def test_closing_stops_the_processes_that_still_run(tmp_path: Path):
    sleeper = f"import os, pathlib, time; pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); "
    commands = {"short": python("import time; time.sleep(1); print('{}')"), "long": python(sleeper + "time.sleep(60)")}
    with closing(outcomes(commands, [cores(1)[0]] * 2)) as ended:
        assert next(ended)[0] == "short"
        pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_the_peers_it_says_what_to_type(tmp_path: Path):
    # A Python without site-packages has none of them.
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    command = [sys.executable, str(HERE / "compare.py"), "--learners", "ppo", "--peers-python", str(bare)]
    shown = subprocess.run([*command, "--results", str(tmp_path)], capture_output=True, text=True, check=False)
    assert shown.returncode == 1, shown.stderr
    assert shown.stdout.index("pip install torch==2.13.0") < shown.stdout.index("pip install 'trainee[bench]'")
    assert not (tmp_path / "classic.jsonl").exists()


def test_dqn_is_refused_where_it_has_no_published_settings():
    command = [sys.executable, str(HERE / "peers.py"), "dqn", "Pendulum-v1", "--steps", "10"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert shown.returncode == 2
    assert "no published settings for DQN at Pendulum-v1" in shown.stderr
