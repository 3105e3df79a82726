"""The report: what an agent did at some jobs, one after another, as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from trainee.errors import InvalidArgument, SaveFailed
from trainee.exams.drawing import house_style, page
from trainee.exams.figures import Figure, learning_curve, values_compared, values_over_steps
from trainee.exams.numerals import NOT_KNOWN, counted, duration, numeral
from trainee.exams.stretch import Stretch, newest_stretch
from trainee.life import Evaluation, Logbook, Stint

FIGURES = (("curve", learning_curve), ("values", values_over_steps), ("compared", values_compared))
FIGURE_POINTS = 1_500
# About 60 bytes each: the page stays under 2 MB.
PAGE_POINTS = 20_000
WITH_INTERVAL = ("Frozen, after the job", "Frozen, at the end")
COLUMNS = (
    "Job",
    "Steps",
    "Online return",
    *WITH_INTERVAL,
    "Steps per second",
)


@dataclass(frozen=True)
class JobResult:
    """What came of one job in a programme of several.

    Attributes:
      stint: what the stretch of work came to.
      after: the agent, frozen right after it.
      at_the_end: the agent, frozen after the last job of the programme.
      logbook: the worker's, whose newest steps are those of the stint.
    """

    stint: Stint
    after: Evaluation
    at_the_end: Evaluation
    logbook: Logbook


def write_report(path: Path, results: Sequence[JobResult], seconds: float) -> Path:
    """Write a page that shows how an agent did at some jobs. It needs no network and no other file.

    Args:
      path: an `.html` file; its folder is made where there is none.
      results: of the jobs, in the order in which they were worked at.
      seconds: how long it took altogether.
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveFailed(f"the report could not be written to {path}: {error}. Choose another place for it") from error
    return path


def _page(results: Sequence[JobResult], seconds: float) -> str:
    points = min(FIGURE_POINTS, PAGE_POINTS // (len(FIGURES) * len(results)))
    with house_style():
        sections = [_section(number, result, points) for number, result in enumerate(results, 1)]
    return page(
        "trainee.exams",
        title=_title(len(results)),
        lead=_lead(results, seconds),
        head="".join(_heading(column) for column in COLUMNS),
        rows="\n".join(_row(number, result) for number, result in enumerate(results, 1)),
        sections="\n".join(sections),
        episodes=_evaluated_episodes(results),
        discounts=" or ".join(sorted({f"{result.logbook.discount:.4g}" for result in results})),
    )


def _title(jobs: int) -> str:
    return "An agent at a job" if jobs == 1 else f"An agent at {jobs} jobs, one after another"


def _lead(results: Sequence[JobResult], seconds: float) -> str:
    steps = sum(result.stint.steps for result in results)
    at = "this job" if len(results) == 1 else f"these {len(results)} jobs, one after another,"
    return (
        f"An agent worked at {at} for {counted(steps, 'step')} in {duration(seconds)}, and learned from every step "
        f"while it worked: there was no training before, and no setting was chosen for a job. The table says what it "
        f"earned while it learned and how well it does when it is frozen; the figures show how its returns grew, and "
        f"how well it foresaw them."
    )


def _heading(column: str) -> str:
    hint = ' <span class="interval">[95% interval]</span>' if column in WITH_INTERVAL else ""
    return f'<th scope="col" role="columnheader">{column}{hint}</th>'


def _row(number: int, result: JobResult) -> str:
    stint = result.stint
    cells = [
        f"{stint.steps:,}",
        f"<strong>{numeral(stint.online_return)}</strong>",
        _with_interval(result.after),
        _with_interval(result.at_the_end),
        f"{stint.steps_per_second:,.0f}" if np.isfinite(stint.steps_per_second) else NOT_KNOWN,
    ]
    labelled = zip(COLUMNS[1:], cells, strict=True)
    return (
        f'<tr role="row"><th scope="row" role="rowheader"><a href="#job-{number}">{escape(stint.name)}</a></th>'
        + "".join(f'<td role="cell" data-column="{column}"><span>{cell}</span></td>' for column, cell in labelled)
        + "</tr>"
    )


def _with_interval(evaluation: Evaluation) -> str:
    if not np.isfinite(evaluation.mean):
        return NOT_KNOWN
    ends = evaluation.low, evaluation.high
    largest = max(abs(end) for end in (evaluation.mean, *ends) if np.isfinite(end))
    mean, low, high = (numeral(value, largest) for value in (evaluation.mean, *ends))
    return f'<strong>{mean}</strong> <span class="interval">[{low}, {high}]</span>'


def _section(number: int, result: JobResult, points: int) -> str:
    stint = result.stint
    facts = [counted(stint.steps, "step"), counted(stint.episodes, "finished episode")]
    facts += [f"online return {numeral(stint.online_return)}"] if stint.episodes else []
    facts += [f"{counted(stint.unfit, 'time step')} unfit to learn from and left out"] if stint.unfit else []
    return (
        f'<section aria-labelledby="job-{number}">\n<h2 id="job-{number}">{escape(stint.name)}</h2>\n'
        f"<p>{', '.join(facts)}</p>\n{_drawings(number, result, points)}</section>"
    )


def _drawings(number: int, result: JobResult, points: int) -> str:
    stretch = newest_stretch(result.logbook, result.stint.steps)
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


def _evaluated_episodes(results: Sequence[JobResult]) -> str:
    counts = [len(evaluation.returns) for result in results for evaluation in (result.after, result.at_the_end)]
    fewest, most = min(counts), max(counts)
    return counted(most, "episode") if fewest == most else f"{fewest:,} to {counted(most, 'episode')}"
