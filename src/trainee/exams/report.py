"""The report: what a fleet did at its jobs, and what one agent merged of it can do, on one page without other files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from trainee.errors import InvalidArgument
from trainee.exams.drawing import house_style
from trainee.exams.figures import Figure, learning_curve, retained, values_compared, values_over_steps
from trainee.exams.numerals import NOT_KNOWN, counted, duration, numeral
from trainee.exams.pages import page, written
from trainee.exams.stretch import Stretch, newest_stretch
from trainee.fleet import BAR, Retention
from trainee.life import Evaluation, Logbook

FIGURES = (("curve", learning_curve), ("values", values_over_steps), ("compared", values_compared))
FIGURE_POINTS = 1_500
# About 60 bytes each: the page stays under 2 MB.
PAGE_POINTS = 20_000
WITH_INTERVAL = ("Specialist, frozen", "Merged agent, frozen", "Retained")
COLUMNS = ("Job", "Steps", "Online return", *WITH_INTERVAL, "Gate")


@dataclass(frozen=True)
class JobResult:
    """What came of one job of a fleet.

    Attributes:
      job: its name.
      logbook: of the worker that worked at it and at nothing else.
      speed: its steps per second, with learning; 0 or NaN where that is not known.
      specialist: that worker's agent, frozen.
      merged: the merged agent, frozen; None where that knows nothing of the job.
      gate: what the gate of the merge said of it; None where it was left out of the merge.
      left_out: why it was; empty where it was not.
    """

    job: str
    logbook: Logbook
    speed: float
    specialist: Evaluation
    merged: Evaluation | None
    gate: Retention | None
    left_out: str = ""

    @property
    def passed(self) -> bool:
        """Whether the merged agent does the job as well as its specialist, as the gate has it."""
        return self.gate is not None and self.gate.passed

    @property
    def verdict(self) -> str:
        """In a few words what the gate said of it."""
        return "left out" if self.gate is None else self.gate.verdict

    @property
    def why(self) -> str:
        """Why it did not pass, and what to do; empty where it did."""
        if self.gate is not None:
            return self.gate.why
        return self.left_out if self.left_out.startswith(self.job) else f"{self.job}: {self.left_out}"


def write_report(path: Path, results: Sequence[JobResult], seconds: float) -> Path:
    """Write a page that shows how a fleet did at its jobs, and what was retained of them in one agent. It needs no
    network and no other file.

    Args:
      path: an `.html` file; its folder is made where there is none.
      results: of the jobs.
      seconds: how long it took altogether; NaN where that is not known.
    Returns:
      `path`.
    Raises:
      InvalidArgument: there are no results.
      MissingExtra: matplotlib is not installed.
      SaveFailed: the file could not be written.
    """
    if not results:
        raise InvalidArgument("a report needs the result of one job at least, and got none")
    text = _page(results, seconds)
    return written(path, text, "report")


def _page(results: Sequence[JobResult], seconds: float) -> str:
    points = min(FIGURE_POINTS, PAGE_POINTS // (len(FIGURES) * len(results)))
    with house_style():
        sections = [_gate(results), *(_section(number, result, points) for number, result in enumerate(results, 1))]
    return page(
        "trainee.exams",
        title=_title(len(results)),
        lead=_lead(results, seconds),
        head="".join(_heading(column) for column in COLUMNS),
        rows="\n".join(_row(number, result) for number, result in enumerate(results, 1)),
        sections="\n".join(sections),
        episodes=_numbers([len(e.returns) for r in results for e in (r.specialist, r.merged) if e is not None]),
        gated=_numbers([result.gate.episodes for result in results if result.gate is not None]),
        bar=f"{BAR:g}",
        discounts=" or ".join(sorted({f"{result.logbook.discount:.4g}" for result in results})),
    )


def _title(jobs: int) -> str:
    return "A worker at a job, and its agent" if jobs == 1 else f"{jobs} workers at {jobs} jobs, merged into one agent"


def _lead(results: Sequence[JobResult], seconds: float) -> str:
    steps = sum(result.logbook.steps for result in results)
    each = "One copy of an agent" if len(results) == 1 else f"{len(results)} copies of one agent, one at each job,"
    whole = f" All of this took {duration(seconds)}." if np.isfinite(seconds) else ""
    return (
        f"{each} worked for {counted(steps, 'step')} altogether, each in a process of its own, and learned from every "
        f"step while working: there was no training before, and no setting was chosen for a job. Then they were "
        f"merged, by learning from the lessons of all, into a single agent. The table says what each earned while it "
        f"learned, how well it does when it is frozen, and how well the merged agent does the same job.{whole}"
    )


def _heading(column: str) -> str:
    hint = ' <span class="interval">[95% interval]</span>' if column in WITH_INTERVAL else ""
    return f'<th scope="col" role="columnheader">{column}{hint}</th>'


def _row(number: int, result: JobResult) -> str:
    cells = [
        f"{result.logbook.steps:,}",
        f"<strong>{numeral(result.logbook.online_return())}</strong>",
        _evaluated(result.specialist),
        _evaluated(result.merged),
        _share(result.gate),
        _mark(result),
    ]
    labelled = zip(COLUMNS[1:], cells, strict=True)
    return (
        f'<tr role="row"><th scope="row" role="rowheader"><a href="#job-{number}">{escape(result.job)}</a></th>'
        + "".join(f'<td role="cell" data-column="{column}"><span>{cell}</span></td>' for column, cell in labelled)
        + "</tr>"
    )


def _evaluated(evaluation: Evaluation | None) -> str:
    if evaluation is None or not np.isfinite(evaluation.mean):
        return NOT_KNOWN
    ends = evaluation.low, evaluation.high
    largest = max(abs(end) for end in (evaluation.mean, *ends) if np.isfinite(end))
    mean, low, high = (numeral(value, largest) for value in (evaluation.mean, *ends))
    return f'<strong>{mean}</strong> <span class="interval">[{low}, {high}]</span>'


def _share(gate: Retention | None) -> str:
    if gate is None or not np.isfinite(gate.retained):
        return NOT_KNOWN
    share, low, high = (f"{value:.3f}".replace("-", "−") for value in (gate.retained, gate.low, gate.high))
    return f'<strong>{share}</strong> <span class="interval">[{low}, {high}]</span>'


def _mark(result: JobResult) -> str:
    sign, kind = ("✓", "good") if result.passed else ("✗", "bad")
    return f'<span class="mark {kind}"><span aria-hidden="true">{sign}</span> {result.verdict}</span>'


def _gate(results: Sequence[JobResult]) -> str:
    """The section that says whether the merged agent may go to work, and if not what to do."""
    passed = all(result.passed for result in results)
    if passed:
        verdict = "Passed: the merged agent does every job as well as its specialist, and is released"
    else:
        short = sum(not result.passed for result in results)
        verdict = f"Not released: {counted(short, 'job')} of {len(results)} did not pass"
    told = [
        f"<p><strong>{verdict}.</strong> A job passes where the lower bound of what is retained is {BAR:g} or more.</p>"
    ]
    told += ["<ul>", *(f"<li>{escape(_words(result))}</li>" for result in results), "</ul>"]
    gates = [result.gate for result in results if result.gate is not None and np.isfinite(result.gate.retained)]
    figure = _figure(retained(gates, BAR, "retained"), "retained") if gates else ""
    return (
        f'<section aria-labelledby="gate"><h2 id="gate">The gate</h2>\n<div class="gate">'
        f"<div>{''.join(told)}</div>\n{figure}</div></section>"
    )


def _words(result: JobResult) -> str:
    if not result.passed or result.gate is None:
        return result.why
    gate = result.gate
    return (
        f"{result.job}: {gate.retained:.3f} of the specialist's return is retained, {gate.low:.3f} at least. Over "
        f"{counted(gate.episodes, 'episode')} the specialist has {numeral(gate.specialist)}, the merged agent "
        f"{numeral(gate.merged)}, random play {numeral(gate.random)}."
    )


def _section(number: int, result: JobResult, points: int) -> str:
    log = result.logbook
    facts = [counted(log.steps, "step"), counted(len(log.episodes), "finished episode")]
    facts += [f"online return {numeral(log.online_return())}"] if log.episodes else []
    facts += [f"{result.speed:,.0f} steps a second"] if result.speed > 0 else []
    facts += [f"{counted(log.unfit, 'time step')} unfit to learn from and left out"] if log.unfit else []
    return (
        f'<section aria-labelledby="job-{number}">\n<h2 id="job-{number}">{escape(result.job)}</h2>\n'
        f"<p>{', '.join(facts)}</p>\n{_drawings(number, result, points)}</section>"
    )


def _drawings(number: int, result: JobResult, points: int) -> str:
    stretch = newest_stretch(result.logbook, result.logbook.steps)
    reason = _nothing_to_draw(stretch)
    if reason:
        return f'<p class="nothing">{reason}</p>\n'
    figures = [_figure(draw(stretch, points, f"{kind} {number}"), kind) for kind, draw in FIGURES]
    return f'<div class="figures">\n{"".join(figures)}</div>\n'


def _nothing_to_draw(stretch: Stretch) -> str | None:
    """Why a stretch has no figures, if it has none."""
    if not len(stretch.steps):
        return "No episode ended in these steps, so there is no return to draw. A longer stretch would have some."
    if not np.isfinite(stretch.totals).any() or not stretch.foreseen.any():
        return "No episode has a finite return and a finite predicted value, so there is nothing to draw."
    return None


def _figure(figure: Figure, kind: str) -> str:
    return (
        f'<figure class="{kind}"><h3>{figure.title}</h3>\n{figure.svg}\n'
        f"<figcaption>{figure.caption}</figcaption></figure>\n"
    )


def _numbers(counts: Sequence[int]) -> str:
    """So many episodes, where there may be more of one job than of another."""
    if not counts:
        return "no episodes"
    fewest, most = min(counts), max(counts)
    return counted(most, "episode") if fewest == most else f"{fewest:,} to {counted(most, 'episode')}"
