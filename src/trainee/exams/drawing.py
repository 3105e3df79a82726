"""Drawing: a matplotlib figure as SVG that stands inside a page, in the page's fonts and colours.

Nothing of pyplot is used, and the settings that a user may have made for matplotlib neither matter nor change.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from trainee.errors import MissingExtra

# What a figure is drawn with, and the CSS variable of the page that takes its place.
COLOURS = {"ink": "#1d2733", "muted": "#5d6875", "grid": "#e1e5ea", "blue": "#2367b0", "orange": "#cf5f0c"}
HEIGHT = 270
MARGIN = {"left": 46, "right": 14, "top": 27, "bottom": 41}
SETTINGS = {
    "font.size": 12,
    "text.color": COLOURS["ink"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.labelpad": 5,
    "axes.titlelocation": "left",
    "axes.titlecolor": COLOURS["muted"],
    "axes.titlesize": 12,
    "axes.titlepad": 10,
    "axes.edgecolor": COLOURS["grid"],
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 1,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.bottom": False,
    "ytick.left": False,
    "lines.linewidth": 2,
    "lines.solid_joinstyle": "round",
    "lines.markeredgewidth": 0,
    "svg.fonttype": "none",
}
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def require_matplotlib() -> Any:
    """matplotlib; asked for before a long run, so that its report does not fail at the end.

    Raises:
      MissingExtra: it is not installed.
    """
    try:
        import matplotlib  # noqa: PLC0415 an optional library
        import matplotlib.figure  # noqa: PLC0415 an optional library
    except ImportError as error:
        raise MissingExtra("matplotlib", "report", "drawing a report") from error
    return matplotlib


@contextmanager
def house_style() -> Iterator[None]:
    """Inside, figures are drawn and rendered in the house's style, whatever the user's is."""
    matplotlib = require_matplotlib()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def blank_axes(width: int) -> Any:
    """Empty axes of a figure `width` units wide and as high as all are, so that figures side by side line up."""
    matplotlib = require_matplotlib()
    figure = matplotlib.figure.Figure(figsize=(width / 72, HEIGHT / 72))
    axes = figure.subplots()
    figure.subplots_adjust(
        left=MARGIN["left"] / width,
        right=1 - MARGIN["right"] / width,
        top=1 - MARGIN["top"] / HEIGHT,
        bottom=MARGIN["bottom"] / HEIGHT,
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(matplotlib.ticker.MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: short_number(value)))
    return axes


def short_number(value: float) -> str:
    """A tick's label: 20000 is 20k, 3500000 is 3.5M; the minus sign is a minus sign."""
    size = abs(value)
    if 10**4 <= size < 10**6:
        text = f"{value / 10**3:g}k"
    elif 10**6 <= size < 10**9:
        text = f"{value / 10**6:g}M"
    else:
        text = f"{value:g}"
    return text.replace("-", "−")


def inline_svg(axes: Any, name: str, description: str) -> str:
    """The figure of these axes as an `<svg>` element for a page; the same bytes each time.

    Args:
      axes: drawn inside `house_style`, and rendered there too.
      name: unlike any other figure's on the page: the ids inside follow from it.
      description: what a reader who cannot see the figure is told.
    """
    matplotlib = require_matplotlib()
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        axes.figure.savefig(buffer, format="svg", transparent=True, metadata=NO_METADATA)
    width, height = (72 * inches for inches in axes.figure.get_size_inches())
    drawing = _compact(re.sub(r"(?s)^.*?<svg [^>]*>|</svg>\s*$", "", buffer.getvalue()))
    for colour, code in COLOURS.items():
        drawing = drawing.replace(f": {code}", f": var(--{colour}, {code})")
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(description)}">{drawing}</svg>'


def _compact(drawing: str) -> str:
    """The same drawing in a third of the bytes: a thousand markers need not each repeat their style."""
    drawing = re.sub(r"<style.*?</style>", "", drawing)
    drawing = re.sub(r" font-family: [^;\"]*;", "", drawing)
    drawing = re.sub(r'<g id="[^"]*">', "<g>", drawing)
    # Coordinates need two decimals; the labels of ticks, which stand between tags, keep all of theirs.
    drawing = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), drawing)
    drawing = re.sub(r'<g((?: clip-path="[^"]*")?)>\s*((?:<use [^>]*/>\s*)+)</g>', _one_style, drawing)
    return re.sub(r"\s*\n\s*", "\n", drawing)


def _one_style(markers: re.Match[str]) -> str:
    """A group of markers, styled once."""
    clip, uses = markers.groups()
    styles = re.findall(r' style="[^"]*"', uses)
    assert len(set(styles)) == 1, "a group of markers is drawn in one style"
    return f"<g{clip}{styles[0]}>{uses.replace(styles[0], '').replace('xlink:href', 'href')}</g>"
