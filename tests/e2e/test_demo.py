"""`trainee demo` as a process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from spawned import Trainee, ended

pytestmark = pytest.mark.processes


def test_a_short_demo_ends_with_a_report_and_agents_that_can_be_used(trainee: Trainee, tmp_path: Path) -> None:
    demo = trainee("demo", "--share", "0.01", "--home", "tour", "--json")
    code, out, err = ended(demo, timeout_s=200)
    told = json.loads(out)
    # In so few steps hardly anything is learned of MountainCar, and its gate says so, in one way or another.
    assert (code, err, told["passed"]) == (1, "", False)
    verdicts = {job["job"]: job["verdict"] for job in told["jobs"]}
    assert list(verdicts) == ["CartPole-v1", "MountainCar-v0", "Acrobot-v1"]
    assert verdicts["MountainCar-v0"] in ("left out", "failed", "inconclusive")
    assert not (tmp_path / "tour" / "merged" / "agent").exists()
    assert told["report"] == str((tmp_path / "tour" / "report.html").resolve())
    page = Path(told["report"]).read_text(encoding="utf-8")
    assert "CartPole-v1" in page
    assert verdicts["MountainCar-v0"] in page
    filmed = trainee("evaluate", "CartPole-v1", "--home", "tour/worker-1", "--episodes", "1", "--video", "out.mp4")
    code, out, err = ended(filmed)
    assert code == 0, err
    assert out.endswith("filmed in out.mp4\n")
    assert (tmp_path / "out.mp4").stat().st_size > 1000
