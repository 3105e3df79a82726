"""`trainee demo` as a process."""

from __future__ import annotations

import json
from pathlib import Path

from spawned import Trainee, ended


def test_a_short_demo_ends_with_a_report_and_an_agent_that_can_be_used(trainee: Trainee, tmp_path: Path) -> None:
    demo = trainee("demo", "--share", "0.01", "--home", "tour", "--json")
    code, out, err = ended(demo, timeout_s=200)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert [job["stint"]["name"] for job in told["jobs"]] == ["CartPole-v1", "MountainCar-v0", "Acrobot-v1"]
    assert told["report"] == str((tmp_path / "tour" / "report.html").resolve())
    assert "CartPole-v1" in Path(told["report"]).read_text(encoding="utf-8")
    filmed = trainee("evaluate", "CartPole-v1", "--home", "tour/agent", "--episodes", "1", "--video", "out.mp4")
    code, out, err = ended(filmed)
    assert code == 0, err
    assert out.endswith("filmed in out.mp4\n")
    assert (tmp_path / "out.mp4").stat().st_size > 1000
