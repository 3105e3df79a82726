"""The page of a life: its measures beside those of other ways, its picture, what merges retained, what it all took."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from trainee.exams.bars import bar_lines, bars_table
from trainee.exams.drawing import COLOURS, blank_axes, house_style, inline_svg
from trainee.exams.life.heatmap import heatmap, short
from trainee.exams.life.score import MEASURES, Scores
from trainee.exams.life.small import Window
from trainee.exams.life.sweep import OURS, Selection
from trainee.exams.life.verdicts import told, verdicts
from trainee.exams.numerals import NOT_KNOWN, duration, numeral, numeral_between
from trainee.exams.pages import numbers_written, page, table, written
from trainee.fleet import Retention

WIDE = 620


def lines(scores: Scores) -> list[str]:
    """The scores as text, for a terminal."""
    found = [f"left out, as no more than half of the agents learned it alone: {job}" for job in scores.left_out]
    for arm, of_arm in scores.arms.items():
        found += ["", arm, *(f"  {name:20} {told(of_arm[name])}" for name in MEASURES)]
    for title, by_arm in (("kept by", scores.kept), ("merged by", scores.unions)):
        for arm, retained in by_arm.items():
            found += ["", f"{title} {arm}"]
            found += [
                f"  {each.job:44} {each.random:8.1f} {each.specialist:8.1f} {each.merged:8.1f}"
                f"  {each.retained:.3f} [{each.low:.3f}, {each.high:.3f}] {each.verdict}"
                for each in retained
            ]
    for arm, windows in scores.windows.items():
        found += ["", f"small jobs, {arm}, beside new agents"]
        found += [
            f"  {one.first:4} to {one.last:4} {one.relative:.2f} [{one.low:.2f}, {one.high:.2f}]" for one in windows
        ]
    if scores.costs:
        found += ["", "what it took"]
    found += [
        f"  {arm:20} {cost.steps_per_second:6,.0f} steps/s, {cost.asleep:4.0%} of it asleep;"
        f" learning {cost.learning_s / 60:.1f} min, frozen play {cost.examining_s / 60:.1f} min"
        for arm, cost in scores.costs.items()
    ]
    return [*found, "", *bar_lines(verdicts(scores))]


def write_page(path: Path, scores: Scores, asked: Selection) -> Path:
    """Write the page.

    Args:
      path: an `.html` file.
      scores: of the exam.
      asked: what was run.
    Raises:
      MissingExtra: matplotlib is not installed.
      SaveFailed: the file could not be written.
    """
    with house_style():
        drawn = _bars, _measures, _jobs, _maps, _unions, _small, _costs
        sections = "\n".join(section for draw in drawn for section in draw(scores))
    text = page("trainee.exams.life", lead=_lead(scores, asked), sections=sections)
    rows = [
        {"arm": arm, "measure": name, "mean": one.mean, "low": one.low, "high": one.high, "seeds": one.seeds}
        for arm, of_arm in scores.arms.items()
        for name, one in of_arm.items()
    ]
    if rows:
        numbers_written(path, rows)
    return written(path, text)


def _lead(scores: Scores, asked: Selection) -> str:
    exam, seeds = asked.exam, ", ".join(map(str, asked.seeds))
    steps = sum(steps for _, steps in exam.met)
    left_out = ""
    if scores.left_out:
        names = ", ".join(escape(short(job)) for job in scores.left_out)
        left_out = (
            f" Left out: {names}, of which half of the agents that do nothing else learned nothing in these steps."
        )
    return (
        f"One agent met {len(exam.jobs)} jobs one after the other, and the first {exam.again} again: {steps:,} steps. "
        f"It was told of no switch. Seeds: {seeds}.{left_out}"
    )


def _bars(scores: Scores) -> list[str]:
    found = verdicts(scores)
    return [bars_table(found)] if found else []


def _measures(scores: Scores) -> list[str]:
    if not scores.arms:
        return []
    rows = [[escape(arm), *(told(of_arm[name]) for name in MEASURES)] for arm, of_arm in scores.arms.items()]
    return [table("Measures", ["arm", *MEASURES], rows)]


def _jobs(scores: Scores) -> list[str]:
    return [
        table(f"What {arm} kept of each job", ["job", *RETAINED], [_retained(each, "") for each in kept])
        for arm, kept in scores.kept.items()
    ]


RETAINED = ("random", "just after", "at the end", "retained", "verdict")


def _retained(each: Retention, note: str) -> list[str]:
    share = numeral_between(each.retained, each.low, each.high)
    means = [numeral(mean) for mean in (each.random, each.specialist, each.merged)]
    verdict = f"{escape(each.verdict)}{f': {escape(note)}' if note else ''}"
    return [escape(short(each.job)), *means, share if np.isfinite(each.retained) else NOT_KNOWN, verdict]


def _maps(scores: Scores) -> list[str]:
    return [
        f"<h2>The life of {escape(arm)}</h2>\n"
        f'<div class="card">{heatmap(scores.met, turns, f"life of {arm}")}{LEGEND}</div>'
        for arm, turns in scores.maps.items()
        if any(turns)
    ]


LEGEND = (
    '<ul class="legend">'
    + "".join(
        f'<li><span class="key {colour}" style="opacity:{alpha}" aria-hidden="true"></span>{text}</li>'
        for colour, alpha, text in (
            ("orange", 0.5, "worse than random play"),
            ("blue", 0.1, "as random play"),
            ("blue", 0.4, "half"),
            ("blue", 0.75, "as one agent per job, or better"),
        )
    )
    + '<li><span class="key frame" aria-hidden="true"></span>at work</li></ul>'
)


def _unions(scores: Scores) -> list[str]:
    head = ["job", "random", "specialist", "merged", "retained", "verdict"]
    return [
        table(
            f"A fleet merged: {arm}",
            head,
            [_retained(each, scores.union_notes.get(arm, {}).get(each.job, "")) for each in found],
        )
        for arm, found in scores.unions.items()
    ]


def _small(scores: Scores) -> list[str]:
    if not scores.windows:
        return []
    rows = [
        [f"{escape(arm)}, {one.first} to {one.last}", numeral_between(one.relative, one.low, one.high)]
        + [numeral(one.health.get(name, float("nan"))) for name in ("dormant", "rank", "norm")]
        for arm, windows in scores.windows.items()
        for one in windows
    ]
    head = ["small jobs", "area, new agents' = 1", "dormant units", "effective rank", "weight norm"]
    figure = f'<h2>Small jobs in a row</h2>\n<div class="card">{_curve(scores.windows)}</div>'
    return [figure, table("Small jobs in numbers", head, rows)]


def _curve(windows: dict[str, list[Window]]) -> str:
    axes = blank_axes(WIDE)
    colours = iter((COLOURS["blue"], COLOURS["orange"], COLOURS["muted"]))
    for arm, of_arm in windows.items():
        middles = [(one.first + one.last) / 2 for one in of_arm]
        axes.plot(middles, [one.relative for one in of_arm], color=next(colours), label=arm)
    axes.set(title="area under the curve, new agents' = 1", xlabel="small job")
    axes.legend(frameon=False)
    last = ", ".join(f"{arm} {of_arm[-1].relative:.2f}" for arm, of_arm in windows.items())
    return inline_svg(axes, "small jobs", f"Area under the learning curve over a new agent's; at the end: {last}")


def _costs(scores: Scores) -> list[str]:
    if not scores.costs:
        return []
    rows = [
        [
            escape(arm),
            f"{cost.steps_per_second:,.0f}",
            f"{100 * cost.asleep:.0f}%" if arm == OURS else NOT_KNOWN,
            duration(cost.learning_s),
            duration(cost.examining_s),
        ]
        for arm, cost in scores.costs.items()
    ]
    return [table("What it took", ["arm", "steps a second", "of it asleep", "learning", "frozen play"], rows)]
