"""The page: whole, self-contained, true to the results, and written also where there is little to show."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from trainee.errors import InvalidArgument, MissingExtra, SaveFailed
from trainee.exams import write_report
from trainee.exams.drawing import COLOURS

VOID = {"meta", "link", "br", "img", "hr"}
NAMES = ("CartPole-v1", "MountainCar-v0", "Acrobot-v1")


class Page(HTMLParser):
    """Elements and texts of a page; fails on an element that is not closed in its place."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def text(self) -> str:
        return " ".join(text for tag, text in self.texts if tag not in {"style", "text"})

    def attributes(self, name: str) -> list[str]:
        return [value for _, attrs in self.elements if (value := attrs.get(name)) is not None]


@pytest.fixture
def results(make_result, make_episodes):
    return [make_result(name, 4_000, make_episodes(200, seed=seed)) for seed, name in enumerate(NAMES)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "new folder" / "report.html"


def test_it_returns_its_path_and_makes_the_folder(path, results):
    assert write_report(path, results, 151.0) == path
    assert path.is_file()


def test_it_names_what_was_done_and_what_came_of_it(path, results):
    page = Page(write_report(path, results, 151.0).read_text("utf-8"))
    text = page.text()
    assert "worked for 12,000 steps altogether" in text
    assert "All of this took 2 min 31 s." in text
    assert "over 4 episodes" not in text
    assert "2 to 4 episodes" in text
    for result in results:
        assert f"{result.logbook.online_return():.1f}" in text
    assert "495.0" in text
    assert f"[{results[0].specialist.low:.1f}, {results[0].specialist.high:.1f}]" in text
    assert text.count("300.0") == 3
    assert [t for tag, t in page.texts if tag == "h2"][:4] == ["The gate", *NAMES]
    assert text.count("1,234 steps a second") == 3


def test_it_says_that_all_jobs_passed(path, results):
    text = Page(write_report(path, results, 151.0).read_text("utf-8")).text()
    assert "Passed: the merged agent does every job as well as its specialist, and is released." in text
    assert "0.979 of the specialist's return is retained, 0.970 at least" in text
    assert text.count("✓ passed") == 3
    assert "✗" not in text


def test_it_says_which_jobs_did_not_pass_and_what_to_do(path, results, make_gate):
    short = make_gate(NAMES[1], 0.9, "inconclusive", "MountainCar-v0: 0.979 [0.900, 0.990]. Play more episodes")
    refused = replace(results[2], merged=None, gate=None, left_out="it learned <nothing>. Let it work longer")
    page = Page(write_report(path, [results[0], replace(results[1], gate=short), refused], 1.0).read_text("utf-8"))
    assert "Not released: 2 jobs of 3 did not pass." in page.text()
    told = [text for tag, text in page.texts if tag == "li"]
    assert "MountainCar-v0: 0.979 [0.900, 0.990]. Play more episodes" in told
    assert "Acrobot-v1: it learned <nothing>. Let it work longer" in told
    marks = [text for tag, text in page.texts if tag == "span"]
    assert {"passed", "inconclusive", "left out"} <= set(marks)
    # The merged agent and the share of the job that was left out.
    assert marks.count("–") == 2


def test_what_was_told_of_a_job_names_it_once(results):
    refused = replace(results[0], merged=None, gate=None, left_out="CartPole-v1: no better than random play")
    assert (refused.why, refused.verdict, refused.passed) == (refused.left_out, "left out", False)


def test_each_job_has_a_row_and_three_figures(path, results):
    page = Page(write_report(path, results, 1.0).read_text("utf-8"))
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("tr"), tags.count("figure"), tags.count("svg")) == (4, 10, 10)
    assert sum(tag == "figcaption" for tag in tags) == 10
    anchors = {value for value in page.attributes("href") if value.startswith("#job")}
    assert anchors == {f"#{value}" for value in page.attributes("id") if value.startswith("job")}


def test_it_needs_nothing_from_outside(path, results):
    text = write_report(path, results, 1.0).read_text("utf-8")
    page = Page(text)
    outside = [v for name in ("href", "src", "srcset", "data", "xlink:href") for v in page.attributes(name)]
    assert all(value.startswith(("#", "data:,")) for value in outside)
    assert not re.findall(r"@import|https?:|<script|url\((?!#)", text)
    assert "default-src 'none'" in " ".join(page.attributes("content"))


def test_ids_are_unique_and_each_that_is_referred_to_is_there(path, results):
    text = write_report(path, results, 1.0).read_text("utf-8")
    ids = Page(text).attributes("id")
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) <= set(ids)


def test_every_colour_of_a_figure_has_a_light_and_a_dark_form(path, results):
    text = write_report(path, results, 1.0).read_text("utf-8")
    for colour in COLOURS:
        assert len(set(re.findall(rf"--{colour}: (#\w+)", text))) == 2
    assert set(re.findall(r"var\(--(\w+)", text)) <= set(re.findall(r"--(\w+): #", text))


def test_the_same_results_give_the_same_page(tmp_path, results):
    pages = [write_report(tmp_path / name, results, 1.0).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("jobs", [1, 3, 10])
def test_a_long_run_still_fits_in_two_megabytes(path, make_result, make_episodes, jobs):
    results = [make_result(f"job {i}", 100_000, make_episodes(5_000, seed=i)) for i in range(jobs)]
    page = write_report(path, results, 1.0).read_text("utf-8")
    assert len(page.encode()) < 2 * 10**6
    assert max(svg.count("<use ") for svg in page.split("<svg")) <= 1_500


def test_names_are_text_and_not_markup(path, make_result, make_episodes):
    name = "<script>alert('&amp;')</script> \"$HOME\" ${title}"
    text = write_report(path, [make_result(name, 400, make_episodes(20))], 1.0).read_text("utf-8")
    page = Page(text)
    assert "<script" not in text
    assert [t for tag, t in page.texts if tag in {"a", "h2"}] == [name, "The gate", name, "What the numbers mean"]


def test_a_job_without_a_finished_episode_says_so(path, make_result, make_episodes):
    results = [make_result("endless", 4_000, []), make_result("other", 400, make_episodes(20))]
    page = Page(write_report(path, results, 1.0).read_text("utf-8"))
    assert "No episode ended in these steps" in page.text()
    assert "0 finished episodes" in page.text()
    assert "nan" not in page.text().lower()
    assert sum(tag == "svg" for tag, _ in page.elements) == 4


def test_a_job_whose_values_were_never_finite_says_so(path, make_result, make_episodes):
    nan = float("nan")
    lost = [replace(episode, predicted=nan, realised=nan) for episode in make_episodes(20)]
    page = Page(write_report(path, [make_result("lost", 400, lost)], 1.0).read_text("utf-8"))
    assert "nothing to draw" in page.text()


def test_one_job_is_told_of_in_the_singular(path, make_result, make_episodes):
    result = make_result("alone", 321, make_episodes(1, length=321), unfit=1)
    page = Page(write_report(path, [result], 0.2).read_text("utf-8"))
    assert ("h1", "A worker at a job, and its agent") in page.texts
    assert "1 finished episode," in page.text()
    assert "1 time step unfit" in page.text()
    assert "less than 1 s" in page.text()


def test_what_is_not_known_is_a_dash(path, make_result):
    result = make_result("unknown", 400, [])
    nan = float("nan")
    evaluated = replace(result.specialist, mean=nan, low=nan, high=nan)
    gate = replace(result.gate, retained=nan, low=nan, high=nan, verdict="endless", why="no episode ended")
    result = replace(result, speed=nan, specialist=evaluated, gate=gate)
    page = Page(write_report(path, [result], nan).read_text("utf-8"))
    cells = [text for tag, text in page.texts if tag in {"strong", "span"}]
    # Of the online return, the specialist and the share.
    assert cells.count("–") == 3
    assert "a second" not in page.text()
    assert "All of this took" not in page.text()


def test_no_results_are_refused(path):
    with pytest.raises(InvalidArgument, match="one job at least"):
        write_report(path, [], 1.0)
    assert not path.exists()


def test_a_place_that_cannot_be_written_to_is_named(tmp_path, results):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed, match=r"report\.html.*Choose another place"):
        write_report(tmp_path / "file" / "report.html", results[:1], 1.0)


def test_without_matplotlib_the_extra_is_named_and_nothing_is_written(path, results, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"trainee\[report\]"):
        write_report(path, results, 1.0)
    assert not path.exists()
