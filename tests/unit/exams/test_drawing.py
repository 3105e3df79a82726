"""Figures as SVG for a page: themed, bare, repeatable, and apart from the user's matplotlib."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import pytest

from trainee.errors import MissingExtra
from trainee.exams.drawing import COLOURS, blank_axes, house_style, inline_svg, require_matplotlib, short_number


def drawn(name: str = "figure", description: str = "A line.", points: int = 3) -> str:
    with house_style():
        axes = blank_axes(360)
        axes.set(xlabel="step", title="return")
        axes.plot(range(points), range(points), "o", color=COLOURS["blue"], alpha=0.5)
        axes.plot([0, points], [0, points], color=COLOURS["orange"])
        return inline_svg(axes, name, description)


def test_it_is_one_element_of_well_formed_xml_with_a_name_for_readers():
    svg = ElementTree.fromstring(drawn(description='a "b" <c> & d'))
    assert svg.tag == "svg"
    assert (svg.get("role"), svg.get("aria-label")) == ("img", 'a "b" <c> & d')
    assert svg.get("viewBox") == "0 0 360 270"


def test_every_point_is_drawn_and_texts_are_text():
    svg = ElementTree.fromstring(drawn(points=37))
    assert len(list(svg.iter("use"))) == 37
    assert {"step", "return"} <= {text.text for text in svg.iter("text")}


def test_small_numbers_on_an_axis_keep_their_decimals():
    with house_style():
        axes = blank_axes(360)
        axes.set(xlim=(0.0, 0.005), ylim=(-0.0125, 0.0))
        texts = {text.text for text in ElementTree.fromstring(inline_svg(axes, "small", "")).iter("text")}
    assert {"0.001", "0.005", "−0.0125", "−0.0025"} <= texts


def test_markers_keep_their_style():
    svg = ElementTree.fromstring(drawn(points=37))
    group = next(g for g in svg.iter("g") if g.find("use") is not None)
    assert f"fill: var(--blue, {COLOURS['blue']})" in group.get("style", "")
    assert "fill-opacity: 0.5" in group.get("style", "")


def test_colours_are_those_of_the_page():
    svg = drawn()
    themed = {match[0] for match in re.findall(r"var\(--(\w+), (#\w{6})\)", svg)}
    assert {"blue", "orange", "grid", "muted"} <= themed
    assert not re.findall(r"(?:stroke|fill): #", svg), "a colour that would not follow the page's"


def test_fonts_are_those_of_the_page():
    assert "font-family" not in drawn()


def test_the_same_figure_is_the_same_bytes_and_another_name_gives_other_ids():
    assert drawn() == drawn()
    ids = [set(re.findall(r' id="([^"]+)"', drawn(name))) for name in ("one", "two")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_users_settings_neither_matter_nor_change():
    plain = drawn()
    with matplotlib.rc_context({"font.size": 30, "grid.linestyle": ":", "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        assert drawn() == plain
        assert dict(matplotlib.rcParams) == before


def test_pyplot_stays_out():
    # pyplot keeps global figures and picks a window system: a process that only writes a report has neither.
    code = "import sys; from trainee.exams import drawing as d\n"
    code += "with d.house_style(): d.inline_svg(d.blank_axes(360), 'name', '')\n"
    code += "assert 'matplotlib.pyplot' not in sys.modules and 'matplotlib' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_room_opens_without_matplotlib_and_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"drawing a report needs matplotlib.*trainee\[report\]"):
        require_matplotlib()
    code = "import sys; sys.modules['matplotlib'] = None; import trainee.exams"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.5, "−0.5"),
        (9_999.0, "9999"),
        (20_000.0, "20k"),
        (12_500.0, "12.5k"),
        (-3.5e6, "−3.5M"),
        (2e12, "2e+12"),
    ],
)
def test_short_number(value, text):
    assert short_number(value) == text
