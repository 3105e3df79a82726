"""The page: the verdict on each emotion, every arm's loss in every environment, and robustness."""

from __future__ import annotations

from html import escape
from pathlib import Path

from trainee.exams.bars import bar_lines, bars_table
from trainee.exams.drawing import COLOURS, blank_axes, house_style, inline_svg
from trainee.exams.emotions.findings import Scores, bars, share, titles, told
from trainee.exams.emotions.score import Estimate, Loss
from trainee.exams.numerals import counted, numeral
from trainee.exams.pages import numbers_written, page, table, written

WIDE = 700


def lines(scores: Scores) -> list[str]:
    """The scores as text, for a terminal."""
    found = [f"left out: {name}" for name in scores.left_out]
    found += [
        f"{one.emotion:10} without {told(one.lesion):21} held {told(one.clamp):21} {one.verdict}"
        for one in scores.emotions
    ]
    if scores.losses:
        found += [
            "",
            f"lost beside the intact agent, at {counted(len(scores.places), 'environment')}; the plain mean; worse at, "
            f"better at",
        ]
    found += [
        f"{arm:16} {told(one.whole):21} {told(one.mean):21} {one.won:2} {one.lost:2}"
        for arm, one in scores.losses.items()
    ]
    if scores.setting:
        found += [f"the setting tuned is: {scores.setting}"]
    for one in scores.robustness:
        found += [f"{one.kind:8} costs {told(one.intact)}, without emotions {told(one.bare)}: {told(one.more)} more"]
    return [*found, "", *bar_lines(bars(scores))]


def write_page(path: Path, scores: Scores) -> Path:
    """Write the page.

    Args:
      path: an `.html` file.
      scores: of the exam.
    Raises:
      MissingExtra: matplotlib is not installed.
      SaveFailed: the file could not be written.
    """
    with house_style():
        drawn = _bars, _emotions, _arms, _robustness, _places
        sections = [section for draw in drawn for section in draw(scores)]
    text = page("trainee.exams.emotions", lead=_lead(scores), sections="\n".join(sections))
    if scores.losses:
        numbers_written(path, [row for arm, one in scores.losses.items() for row in _numbers(arm, one, scores)])
    return written(path, text)


def _numbers(arm: str, one: Loss, scores: Scores) -> list[dict[str, object]]:
    """What is lost with an arm at all environments together, and at each."""
    found = {"all": one.whole, **{place.name: one.places[place.name] for place in scores.places}}
    return [
        {"arm": arm, "environment": name, "lost": lost.mean, "low": lost.low, "high": lost.high}
        for name, lost in found.items()
    ]


def _lead(scores: Scores) -> str:
    left_out = ""
    if scores.left_out:
        names = ", ".join(map(escape, scores.left_out))
        left_out = f" Left out, as no episode ended in some life or all lives came to the same: {names}."
    return (
        f"{counted(scores.seeds, 'agent')} in each arm at {counted(len(scores.places), 'environment')}, with the same "
        f"seeds in every arm; {scores.steps:,} steps of each in all of them together.{left_out}"
    )


def _bars(scores: Scores) -> list[str]:
    found = bars(scores)
    return [bars_table(found)] if found else []


def _emotions(scores: Scores) -> list[str]:
    if not scores.emotions:
        return []
    rows = [[escape(one.emotion), told(one.lesion), told(one.clamp), one.verdict] for one in scores.emotions]
    return [table("What each emotion is worth", ["emotion", "lost without it", "lost where it is held", ""], rows)]


def _arms(scores: Scores) -> list[str]:
    if not scores.losses:
        return []
    names = titles()
    rows = [
        [
            escape(names[arm] + (f" ({scores.setting})" if arm == "tuned" else "")),
            told(one.whole),
            told(one.mean),
            str(one.won),
            str(one.lost),
        ]
        for arm, one in scores.losses.items()
    ]
    head = ["arm", "lost", "plain mean", "environments where it does worse", "better"]
    figure = f'<h2>Beside the intact agent</h2>\n<div class="card">{_forest(scores)}</div>'
    return [figure, table("Every arm", head, rows)]


def _forest(scores: Scores) -> str:
    axes = blank_axes(WIDE)
    names, losses = titles(), list(scores.losses.values())
    figure = axes.figure
    figure.set_size_inches(WIDE / 72, (60 + 20 * len(losses)) / 72)
    figure.subplots_adjust(left=180 / WIDE, top=1 - 20 / (60 + 20 * len(losses)), bottom=40 / (60 + 20 * len(losses)))
    axes.axvline(0, color=COLOURS["muted"], linewidth=1)
    for row, one in enumerate(losses):
        colour = COLOURS[{1: "blue", 0: "muted", -1: "orange"}[one.whole.sign]]
        axes.plot([one.whole.low, one.whole.high], [row, row], color=colour)
        axes.plot([one.whole.mean], [row], "o", color=colour, markersize=6)
    axes.set(ylim=(len(losses) - 0.5, -0.5), xlabel="lost beside the intact agent, in units")
    axes.set_yticks(range(len(losses)), [names[one.arm] for one in losses])
    axes.grid(visible=False, axis="y")
    description = "; ".join(f"{names[one.arm]} {told(one.whole)}" for one in losses)
    return inline_svg(axes, "losses", f"Lost beside the intact agent: {description}.")


def _robustness(scores: Scores) -> list[str]:
    if not scores.robustness:
        return []
    rows = [[escape(one.kind), told(one.intact), told(one.bare), told(one.more)] for one in scores.robustness]
    head = ["disturbance", "costs the intact agent", "costs it without emotions", "by so much more"]
    return [table("Disturbed", head, rows)]


def _places(scores: Scores) -> list[str]:
    head = ["environment", "random play", "intact", "unit", *scores.losses]
    rows = [
        [
            escape(place.name),
            *(numeral(number) for number in (place.random, place.intact, place.unit)),
            *(_cell(one.places[place.name]) for one in scores.losses.values()),
        ]
        for place in scores.places
    ]
    return [table("Every environment", head, rows)] if rows else []


def _cell(one: Estimate) -> str:
    kind = {1: ' class="lost"', 0: "", -1: ' class="gained"'}[one.sign]
    return f"<span{kind}>{share(one.mean)}</span>"
