"""The picture of a life: jobs down, life across, performance as colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trainee.exams.drawing import COLOURS, inline_svg, require_matplotlib

LEFT, TOP, CELL, HIGH = 172, 8, 33, 23
# The strongest colour: what is written in a cell is to be read on it.
STRONGEST = 0.75


def heatmap(met: Sequence[str], scores: Sequence[Mapping[str, float]], name: str) -> str:
    """An `<svg>` element: blue where a job is done, the stronger the better, orange where worse than random play.

    Args:
      met: the job of each turn; the cell in which it is at work is framed.
      scores: after each turn, the normalised score of each job that was played.
      name: unlike any other figure's on the page.
    """
    matplotlib = require_matplotlib()
    jobs = list(dict.fromkeys(met))
    width, height = LEFT + CELL * len(met) + 8, TOP + HIGH * len(jobs) + 40
    figure = matplotlib.figure.Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((LEFT / width, 40 / height, CELL * len(met) / width, HIGH * len(jobs) / height))
    axes.set(xlim=(0, len(met)), ylim=(len(jobs), 0), xlabel="turn")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks([n + 0.5 for n in range(len(met))], [str(n + 1) for n in range(len(met))])
    axes.set_yticks([n + 0.5 for n in range(len(jobs))], [short(job) for job in jobs])
    for turn, (at, played) in enumerate(zip(met, scores, strict=True)):
        for row, job in enumerate(jobs):
            frame = {"edgecolor": COLOURS["ink"], "linewidth": 1.5} if job == at else {"linewidth": 0}
            place = (turn + 0.06, row + 0.06), 0.88, 0.88
            if job in played:
                _cell(matplotlib, axes, place, played[job])
            if job in played or job == at:
                axes.add_patch(matplotlib.patches.Rectangle(*place, fill=False, **frame))
    told = "; ".join(f"{short(job)} {scores[-1][job]:.2f}" for job in jobs if job in scores[-1])
    return inline_svg(axes, name, f"Normalised scores of each job after each turn. At the end: {told}")


def short(job: str) -> str:
    """A job's name without the module that it is in."""
    return job.rpartition(":")[2]


def _cell(matplotlib, axes, place, score: float) -> None:
    colour = COLOURS["blue" if score >= 0 else "orange"]
    alpha = STRONGEST * min(abs(score), 1.0)
    axes.add_patch(matplotlib.patches.Rectangle(*place, facecolor=colour, alpha=alpha, linewidth=0))
    (x, y), across, down = place
    text = f"{score:.2f}".replace("-", "−")
    axes.text(x + across / 2, y + down / 2, text, ha="center", va="center", fontsize=9)
