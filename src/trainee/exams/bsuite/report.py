"""The page of bsuite: a radar chart beside the published agents, and the score of each experiment."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from trainee.exams.bars import bar_lines, bars_table
from trainee.exams.bsuite.score import ALL, MEAN, PUBLISHED, TAGS, Scores, published, spelled, verdicts
from trainee.exams.bsuite.sweep import LEFT_OUT, experiments
from trainee.exams.drawing import COLOURS, house_style, inline_svg, require_matplotlib
from trainee.exams.pages import numbers_written, page, written

OURS = "Trainee"
QUICK = "quick"
NO_BARS = "What is asked is asked of all settings; those of the quick selection are few, and hardly any is hard."
SIZE = 5.2
# How each agent is drawn; those of bsuite's own report in one colour.
LINES = {
    OURS: ("blue", "-", 2.5),
    "DreamerV3": ("orange", "-", 1.5),
    "Boot DQN": ("muted", "-", 1.2),
    "DQN": ("muted", "--", 1.2),
    "PPO": ("muted", ":", 1.6),
    "AC-RNN": ("muted", "-.", 1.2),
}


def lines(scores: Scores, selection: str) -> list[str]:
    """The scores as text, for a terminal."""
    return [
        *(f"{name:24} {score:.2f}" for name, score in scores.experiments.items()),
        f"{len(scores.experiments)} of bsuite's {ALL} experiments; {_not_run(scores)}",
        "",
        *(f"{tag:24} {score:.2f}" for tag, score in scores.tags.items()),
        f"{'mean':24} {scores.mean:.2f}",
        "",
        *(bar_lines(verdicts(scores)) if selection != QUICK else [NO_BARS]),
    ]


def _not_run(scores: Scores) -> str:
    left = [name for name in experiments() if name not in scores.experiments]
    short = f"not run: {', '.join(left)}; " if left else ""
    return f"{short}{', '.join(LEFT_OUT)} would need a download"


def write_page(path: Path, scores: Scores, selection: str) -> Path:
    """Write the page, and beside it a table of its name, with a row for each experiment.

    Args:
      path: an `.html` file.
      scores: of our agent.
      selection: which settings were run.
    Raises:
      MissingExtra: matplotlib is not installed.
      SaveFailed: a file could not be written.
    """
    with house_style():
        chart = radar(scores)
    text = page(
        "trainee.exams.bsuite",
        selection=escape(selection),
        runs=f"{sum(scores.runs.values()):,}",
        experiments=len(scores.experiments),
        all=ALL,
        chart=chart,
        not_run=escape(_not_run(scores)),
        bars=bars_table(verdicts(scores)) if selection != QUICK else f"<p>{NO_BARS}</p>",
        agents="".join(f'<th scope="col">{escape(agent)}</th>' for agent in (OURS, *PUBLISHED)),
        capabilities="\n".join(_capability(name, scores) for name in (MEAN, *TAGS)),
        rows="\n".join(_experiment(name, scores) for name in scores.experiments),
    )
    rows = [
        {"experiment": name, "score": score, "settings": scores.runs[name]}
        for name, score in scores.experiments.items()
    ]
    numbers_written(path, rows)
    return written(path, text)


def radar(scores: Scores) -> str:
    """A ray for each capability, a ring for each agent, as an `<svg>` element."""
    matplotlib = require_matplotlib()
    figure = matplotlib.figure.Figure(figsize=(1.35 * SIZE, SIZE))
    axes = figure.add_subplot(projection="polar")
    for agent, (colour, dashes, width) in LINES.items():
        of_agent = scores.tags if agent == OURS else published(agent)
        # What was not measured is left out, and is not 0.
        angles, values = _closed([of_agent.get(tag, np.nan) for tag in TAGS])
        axes.plot(angles, values, dashes, color=COLOURS[colour], label=agent, linewidth=width)
        if agent == OURS:
            axes.fill(angles, values, color=COLOURS[colour], alpha=0.15)
    axes.set_xticks(_closed(list(TAGS))[0][:-1], [spelled(tag) for tag in TAGS])
    axes.set_ylim(0, 1)
    axes.set_yticks([0.25, 0.5, 0.75, 1.0], ["", "0.5", "", "1"])
    axes.spines["polar"].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.12, 1.05), frameon=False)
    told = ", ".join(f"{spelled(tag)} {scores.tags[tag]:.2f}" for tag in TAGS if tag in scores.tags)
    return inline_svg(axes, "radar", f"Scores by capability, from 0 to 1: {told}")


def _closed(values: Sequence[object]) -> tuple[np.ndarray, list[object]]:
    """Angles of the rays, and values on them, the first one again at the end."""
    angles = np.linspace(0, 2 * np.pi, len(values) + 1)
    return angles, [*values, values[0]]


def _capability(name: str, scores: Scores) -> str:
    ours = scores.mean if name == MEAN else scores.tags.get(name)
    cells = [_number(ours, strong=True), *(_number(published(agent)[name]) for agent in PUBLISHED)]
    return f'<tr><th scope="row">{spelled(name)}</th>{"".join(cells)}</tr>'


def _experiment(name: str, scores: Scores) -> str:
    cells = f"{_number(scores.experiments[name], strong=True)}<td>{scores.runs[name]}</td>"
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _number(value: float | None, strong: bool = False) -> str:
    if value is None:
        return "<td>–</td>"
    return f"<td><strong>{value:.2f}</strong></td>" if strong else f"<td>{value:.2f}</td>"
