"""Scores from records written by hand, and from records that bsuite's own recorder writes."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.errors import InvalidArgument
from trainee.exams.bsuite import lines, runs_of, scored, unfinished, verdicts, write_page
from trainee.exams.bsuite.load import require_bsuite
from trainee.exams.bsuite.score import MEAN, PUBLISHED, TAGS, published
from trainee.exams.bsuite.sweep import record


def write(bsuite_id, folder, columns):
    names, rows = list(columns), zip(*columns.values(), strict=True)
    text = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    record(bsuite_id, folder).write_text("\n".join(text) + "\n")


def deep_sea(i, folder, solved):
    episodes = np.array([1, 100, 1_000, 10_000])
    bad = episodes * (0.5 if solved else 1.0)
    steps = episodes * 10
    write(
        f"deep_sea/{i}",
        folder,
        {
            "steps": steps,
            "episode": episodes,
            "total_return": [0] * 4,
            "episode_len": [10] * 4,
            "episode_return": [0] * 4,
            "total_bad_episodes": bad,
            "denoised_return": [0] * 4,
        },
    )


def bandit(i, folder, regret):
    episodes = np.array([1, 100, 10_000])
    columns = {"steps": episodes, "episode": episodes, "total_return": [0] * 3, "episode_len": [1] * 3}
    write(f"bandit/{i}", folder, columns | {"episode_return": [0] * 3, "total_regret": episodes * regret})


def test_perfect_and_hopeless_records(tmp_path):
    for i, solved in enumerate([True, True, True, False]):
        deep_sea(i, tmp_path, solved)
    bandit(0, tmp_path, regret=0.0)
    scores = scored(tmp_path)
    assert scores.experiments == pytest.approx({"bandit": 1.0, "deep_sea": 0.75})
    assert scores.runs == {"bandit": 1, "deep_sea": 4}
    assert scores.mean == pytest.approx(0.875)
    assert scores.tags["exploration"] == pytest.approx(0.75)
    assert scores.tags["basic"] == pytest.approx(1.0)
    assert "memory" not in scores.tags
    found = {bar.asked: (bar.found, bar.met) for bar in verdicts(scores)}
    assert found["mean at least 0.75"] == ("0.875", True)
    assert found["exploration at least 0.68"] == ("0.750", True)
    assert not any(asked.startswith("memory") for asked in found)


@pytest.mark.parametrize("solved", [True, False])
def test_deep_sea_is_scored_where_all_or_none_are_solved(tmp_path, solved):
    for i in range(3):
        deep_sea(i, tmp_path, solved)
    assert scored(tmp_path).experiments == {"deep_sea": float(solved)}


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="no records of bsuite"):
        scored(tmp_path)


def test_what_was_published_is_there_for_every_capability():
    for agent in PUBLISHED:
        assert set(published(agent)) == {MEAN, *TAGS}
    assert published("DreamerV3")["scale"] == 0.82


def test_runs_side_by_side_are_recorded_scored_and_shown(tmp_path, monkeypatch):
    ids, sweep = ["bandit/3", "bandit_noise/3"], require_bsuite().sweep
    episodes = {**sweep.EPISODES, ids[0]: 200, ids[1]: 100}
    monkeypatch.setattr(sweep, "EPISODES", episodes)
    assert [name for name, speed in runs_of(ids, tmp_path) if speed > 0] == ids[::-1]
    for one in ids:
        rows = record(one, tmp_path).read_text().splitlines()
        assert rows[-1].split(",")[:2] == [str(episodes[one])] * 2
    assert unfinished([*ids, "bandit/4"], tmp_path) == ["bandit/4"]
    scores = scored(tmp_path)
    assert scores.runs == {"bandit": 1, "bandit_noise": 1}
    page = write_page(tmp_path / "page" / "quick.html", scores, "quick").read_text()
    assert "<svg" in page
    for agent in PUBLISHED:
        # In the table, and in the legend of the chart.
        assert page.count(f">{agent}<") == 2, agent
    # Of a few settings nothing is asked.
    assert "<td>short</td>" not in page
    assert "not run: bandit_scale, cartpole, " in page
    assert lines(scores, "quick")[-1].startswith("What is asked is asked of all settings")
    assert lines(scores, "default")[-1].startswith("short ")
    assert "<td>short</td>" in write_page(tmp_path / "page" / "default.html", scores, "default").read_text()
    assert (tmp_path / "page" / "quick.csv").read_text().splitlines()[0] == "experiment,score,settings"
