"""The three figures of a stretch of work: how returns grew, and how well the agent foresaw them, twice; and one of a
merge: what was retained of each job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from trainee.exams.drawing import COLOURS, blank_axes, inline_svg
from trainee.exams.numerals import counted, numeral
from trainee.exams.stretch import Stretch, correlation, mean_absolute_error, running_mean, thinned
from trainee.fleet import Retention

WIDE, SQUARE = 360, 262
LINE_POINTS = 400
MANY_POINTS = 150
MEANS_IN_STRETCH = 25


@dataclass(frozen=True)
class Figure:
    """A figure of the page.

    Attributes:
      title: plain text.
      svg: an `<svg>` element.
      caption: HTML: what the marks are, and the numbers read from them.
    """

    title: str
    svg: str
    caption: str


def learning_curve(stretch: Stretch, points: int, name: str) -> Figure:
    """Return of each episode against the step at which it ended, its running mean, and the online return's ten parts.

    Args:
      stretch: has one finite return at least.
      points: the most markers to draw.
      name: unlike any other figure's on the page.
    """
    known = np.isfinite(stretch.totals)
    steps, totals = stretch.steps[known], stretch.totals[known]
    means = running_mean(steps, totals, mean_span(stretch))
    axes = _over_steps(stretch, "return")
    _draw_points(axes, steps, totals, thinned(len(steps), points), "blue")
    edges = np.linspace(stretch.begin, stretch.end, len(stretch.parts) + 1)
    axes.stairs(stretch.parts, edges, baseline=None, color=COLOURS["orange"], linewidth=2)
    _draw_line(axes, steps, means, "blue")
    caption = _legend(
        ("dot blue", "return of an episode"),
        ("line blue", f"mean over {counted(mean_span(stretch), 'step')}"),
        ("line orange", "the ten parts of the online return"),
    )
    description = (
        f"Return against step: {counted(len(steps), 'episode')}, the lowest {numeral(totals.min())}, the highest "
        f"{numeral(totals.max())}, the running mean at the end {numeral(means[-1])}."
    )
    return Figure("Learning curve", inline_svg(axes, name, description), caption + _omitted(len(steps), points))


def values_over_steps(stretch: Stretch, points: int, name: str) -> Figure:
    """Predicted and realised value of each episode against the step at which it ended, with running means.

    Args:
      stretch: has one episode at least whose two values are finite.
      points: the most markers to draw, of both kinds together.
      name: unlike any other figure's on the page.
    """
    known = stretch.foreseen
    steps, predicted, realised = stretch.steps[known], stretch.predicted[known], stretch.realised[known]
    span, kept = mean_span(stretch), thinned(len(steps), points // 2)
    foreseen, happened = running_mean(steps, predicted, span), running_mean(steps, realised, span)
    axes = _over_steps(stretch, "discounted return")
    _draw_points(axes, steps, realised, kept, "orange")
    _draw_points(axes, steps, predicted, kept, "blue")
    _draw_line(axes, steps, happened, "orange")
    _draw_line(axes, steps, foreseen, "blue", dashes=(4.0, 1.5))
    caption = _legend(
        ("dash blue", "what it predicted as an episode began"),
        ("line orange", "what came true"),
    )
    caption += f"<p>Lines are means over {counted(span, 'step')}</p>"
    description = (
        f"Predicted value and realised return against step: the running means at the end are {numeral(foreseen[-1])} "
        f"predicted and {numeral(happened[-1])} realised."
    )
    svg = inline_svg(axes, name, description)
    return Figure("Predicted value and what came true", svg, caption + _omitted(len(steps), points // 2))


def values_compared(stretch: Stretch, points: int, name: str) -> Figure:
    """Realised against predicted value of each episode, with the line on which they agree.

    Arguments as those of `values_over_steps`.
    """
    known = stretch.foreseen
    predicted, realised = stretch.predicted[known], stretch.realised[known]
    axes = blank_axes(SQUARE)
    low, high = _limits(np.concatenate([predicted, realised]))
    axes.set(xlim=(low, high), ylim=(low, high), xlabel="predicted value", title="realised return")
    axes.plot([low, high], [low, high], color=COLOURS["muted"], linewidth=1.2, dashes=(4, 3))
    _draw_points(axes, predicted, realised, thinned(len(predicted), points), "blue")
    whole = _agreement(predicted, realised)
    caption = f"<p><strong>{whole}</strong>, over {counted(len(predicted), 'episode')}</p>"
    late = stretch.steps[known] > (stretch.begin + stretch.end) / 2
    if late.any():
        # What an agent foresees before it has learned anything says little about its value function.
        caption += f"<p>In the second half of the steps: {_agreement(predicted[late], realised[late])}</p>"
    caption += _legend(("dash muted", "where the two agree")) + _omitted(len(predicted), points)
    description = f"Realised return against predicted value of each episode: {whole}."
    return Figure("How well it foresaw", inline_svg(axes, name, description), caption)


def retained(gates: Sequence[Retention], bar: float, name: str) -> Figure:
    """What a merged agent retained of each job, with its interval, beside what the gate asks for.

    Args:
      gates: of one job at least, each with a finite share.
      bar: what the lower bounds have to reach.
      name: unlike any other figure's on the page.
    """
    axes = blank_axes(WIDE)
    low = min(bar, *(gate.low for gate in gates))
    high = max(1.0, *(gate.high for gate in gates))
    margin = 0.12 * (high - low)
    axes.set(xlim=(low - margin, high + margin), ylim=(len(gates) - 0.4, -0.8), yticks=[])
    axes.set(xlabel="share of the specialist's return above random play")
    axes.grid(visible=False, axis="y")
    for place, gate in enumerate(gates):
        # Beside each job alone, so that it does not run through the names.
        axes.plot([bar, bar], [place - 0.2, place + 0.2], color=COLOURS["orange"], solid_capstyle="butt")
        axes.plot([gate.low, gate.high], [place, place], color=COLOURS["blue"], linewidth=3, solid_capstyle="round")
        axes.plot([gate.retained], [place], "o", color=COLOURS["blue"], markersize=9, clip_on=False)
        axes.text(low - margin, place - 0.28, gate.job, color=COLOURS["ink"], parse_math=False)
    caption = _legend(("dot blue", "retained, with its 95% interval"), ("line orange", f"the bar, {bar:g}"))
    told = "; ".join(f"{gate.job} {gate.retained:.3f}, from {gate.low:.3f} to {gate.high:.3f}" for gate in gates)
    return Figure("What is retained of each job", inline_svg(axes, name, f"Retained: {told}."), caption)


def mean_span(stretch: Stretch) -> int:
    """Over how many steps a running mean is taken."""
    return max(1, round((stretch.end - stretch.begin) / MEANS_IN_STRETCH))


def _over_steps(stretch: Stretch, quantity: str) -> Any:
    axes = blank_axes(WIDE)
    axes.set(xlim=(stretch.begin, stretch.end), xlabel="step", title=quantity)
    return axes


def _draw_points(
    axes: Any,
    xs: Float[np.ndarray, " count"] | Int[np.ndarray, " count"],
    ys: Float[np.ndarray, " count"],
    kept: Int[np.ndarray, " kept"],
    colour: str,
) -> None:
    size, alpha = (3.6, 0.35) if len(kept) > MANY_POINTS else (5.0, 0.5)
    # Markers at the rim are drawn whole.
    axes.plot(xs[kept], ys[kept], "o", color=COLOURS[colour], markersize=size, alpha=alpha, clip_on=False)


def _draw_line(
    axes: Any,
    xs: Int[np.ndarray, " count"],
    ys: Float[np.ndarray, " count"],
    colour: str,
    dashes: Sequence[float] = (),
) -> None:
    kept = thinned(len(xs), LINE_POINTS)
    axes.plot(xs[kept], ys[kept], color=COLOURS[colour], dashes=dashes)


def _limits(values: Float[np.ndarray, " count"]) -> tuple[float, float]:
    """The range of values and a twentieth more on either side; some width also where all are the same."""
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or max(0.1 * abs(low), 1.0)
    return low - margin, high + margin


def _agreement(predicted: Float[np.ndarray, " count"], realised: Float[np.ndarray, " count"]) -> str:
    related, error = correlation(predicted, realised), mean_absolute_error(predicted, realised)
    told = f"{related:.2f}".replace("-", "−") if np.isfinite(related) else "not defined"
    return f"correlation {told}, mean absolute error {numeral(error)}"


def _legend(*entries: tuple[str, str]) -> str:
    """What the marks are: the kind of each mark, and what it stands for."""
    items = (f'<li><span class="key {kind}" aria-hidden="true"></span>{text}</li>' for kind, text in entries)
    return f'<ul class="legend">{"".join(items)}</ul>'


def _omitted(count: int, points: int) -> str:
    if count <= points:
        return ""
    return f"<p>{points:,} of {count:,} episodes are drawn; lines and numbers are of all of them</p>"
