"""What the documents say is so: examples run, commands parse, what is named is there, both languages say the same."""

from __future__ import annotations

import ast
import pkgutil
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from trainee.cli import app

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "trainee"
BENCHMARK = ROOT / "benchmarks" / "results" / "classic.md"
README, CHINESE, CONTRIBUTING = "README.md", "README.zh-CN.md", "CONTRIBUTING.md"
DOCUMENTS = [
    README,
    CHINESE,
    CONTRIBUTING,
    "CHANGELOG.md",
    "docs/log.md",
    "docs/performance.md",
    "docs/serving.md",
    "docs/releases.md",
    "docs/security.md",
    "docs/page.md",
    "docs/merging.md",
    "docs/ablation.md",
    "docs/life.md",
    "docs/evolution.md",
    "examples/README.md",
]

# What the commands make, here and in a home.
MADE = (".venv/", "demo/", "trainee.toml")
SUFFIXES = (".py", ".md", ".toml", ".png", ".html", ".importlinter")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
CLASSIC = re.compile(r"<!-- classic:begin -->\n(.*?)<!-- classic:end -->", re.DOTALL)


def text(document):
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document, language):
    """The fenced blocks of one language."""
    return [code for name, code in FENCE.findall(text(document)) if name == language]


def spans(document):
    """What stands between backticks, outside the blocks."""
    return SPAN.findall(FENCE.sub("", text(document)))


def table_rows(document):
    """The cells of each row of each table."""
    lines = [line for line in text(document).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def shell_lines(document):
    """The words of each line that a reader would type."""
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    lines += [span for span in spans(document) if span.startswith(("trainee ", "make ", "pip "))]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def command_lines(document):
    """The words after `trainee` of each command of ours."""
    return [words[1:] for words in shell_lines(document) if words[0] in ("trainee", ".venv/bin/trainee")]


def paths(document):
    """What is named as a file or folder of the repository."""
    named = [span for span in spans(document) if re.fullmatch(r"[\w.<>/-]+", span)]
    named = [span for span in named if "/" in span or span.endswith(SUFFIXES)]
    links = [link.partition("#")[0] for link in LINK.findall(text(document)) if "://" not in link]
    return [path for path in named + links if path and not path.startswith(MADE)]


def rooms():
    """The rooms of the package as README's table writes them."""
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    return modules | {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    examples = blocks(README, "python")
    assert len(examples[0].strip().splitlines()) == 10, "the heading says ten lines"
    shortened, learned = re.subn(r"steps=[\d_]+", "steps=60", "\n".join(examples))
    assert learned == 2
    names = {"__name__": "readme"}
    exec(compile(shortened, README, "exec"), names)
    agent = names["agent"]
    assert {name: worker.logbook.steps for name, worker in agent.workers.items()} == {
        "CartPole-v1": 60,
        "Acrobot-v1": 60,
        "valley": 1000,
    }
    assert names["env"].action_space.contains(names["action"])
    assert re.match(r"CartPole-v1: [\d.]+ \[[\d.]+, [\d.]+\] over 20 episodes", capsys.readouterr().out)


@pytest.mark.parametrize("document", [README, CHINESE, CONTRIBUTING])
def test_every_command_parses(document):
    group = typer.main.get_command(app)
    lines = command_lines(document)
    assert lines
    for name, *words in lines:
        if name == "--help":
            continue
        assert name in group.commands, f"trainee has no command {name!r}"
        group.commands[name].make_context(name, words)


def test_a_wrong_option_would_be_noticed():
    group = typer.main.get_command(app)
    with pytest.raises(Exception, match="--stepz"):
        group.commands["learn"].make_context("learn", ["CartPole-v1", "--stepz", "3"])


def test_every_command_is_in_the_readme():
    assert {words[0] for words in command_lines(README)} >= set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("document", [README, CHINESE, CONTRIBUTING])
def test_what_make_and_pip_are_asked_for_is_there(document):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    extras = set(tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"])
    lines = shell_lines(document)
    made = {words[1] for words in lines if words[0] == "make" and len(words) > 1}
    assert {"demo", "test"} <= made <= targets
    asked = re.findall(r"\[([a-z,-]+)\]", " ".join(words[-1] for words in lines if words[0] == "pip"))
    assert {extra for names in asked for extra in names.split(",")} <= extras


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_is_there(document):
    here = (ROOT / document).parent
    for path in paths(document):
        # Of a path with a name to fill in, the folder that comes before it has to be there.
        known = path.partition("<")[0].rpartition("/")[0] if "<" in path else path
        places = (here / known, ROOT / known, PACKAGE / known)
        assert any(place.exists() for place in places), f"{document} names {path}, which is not there"


@pytest.mark.parametrize("document", [README, CHINESE])
def test_the_table_of_rooms_is_the_package(document):
    listed = [SPAN.fullmatch(row[0]) for row in table_rows(document)]
    names = {found[1] for found in listed if found and (found[1].endswith(("/", ".py")))}
    assert names == rooms()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_public_name_is_there(document):
    code = "\n".join([*blocks(document, "python"), *spans(document)])
    for name in set(re.findall(r"(?<![\w/])trainee(?:\.[A-Za-z_]+)+", code)) - set(MADE):
        assert pkgutil.resolve_name(name) is not None


def test_both_readmes_hold_the_same_code():
    for english, chinese in zip(blocks(README, "python"), blocks(CHINESE, "python"), strict=True):
        assert ast.dump(ast.parse(english)) == ast.dump(ast.parse(chinese))
    for english, chinese in zip(blocks(README, "sh"), blocks(CHINESE, "sh"), strict=True):
        assert shlex.split(english, comments=True) == shlex.split(chinese, comments=True)
    assert len(FENCE.findall(text(README))) == len(FENCE.findall(text(CHINESE)))


def test_both_readmes_hold_the_same_tables():
    """The words differ; the number of cells, what is code, and the numbers do not."""
    for english, chinese in zip(table_rows(README), table_rows(CHINESE), strict=True):
        for cell, other in zip(english, chinese, strict=True):
            assert sorted(SPAN.findall(cell)) == sorted(SPAN.findall(other))
            assert NUMBER.findall(cell) == NUMBER.findall(other)


def test_both_readmes_hold_the_same_links_headings_and_limits():
    links, others = LINK.findall(text(README)), LINK.findall(text(CHINESE))
    assert [README if link == CHINESE else link for link in links] == others

    def outline(document):
        prose = FENCE.sub("", text(document))
        return [re.match(r"#+|-", line)[0] for line in prose.splitlines() if re.match(r"#|- ", line)]

    assert outline(README) == outline(CHINESE)


def test_the_comparison_holds_measured_numbers_only():
    (comparison,) = CLASSIC.findall(text(README))
    measured = set(NUMBER.findall(BENCHMARK.read_text(encoding="utf-8"))) if BENCHMARK.exists() else set()
    stated = set(NUMBER.findall(comparison))
    assert stated <= measured, f"README states {sorted(stated - measured)}, which {BENCHMARK.name} does not"
    assert stated or not measured, f"{BENCHMARK.name} has numbers, and README's comparison has none of them"


def test_the_changelog_has_this_version():
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(
        rf"^## \[{re.escape(version)}\] - (unreleased|\d{{4}}-\d\d-\d\d)$", text("CHANGELOG.md"), re.MULTILINE
    )


def test_the_log_is_dated():
    dates = re.findall(r"^## (\d{4}-\d\d-\d\d): ", text("docs/log.md"), re.MULTILINE)
    headings = re.findall(r"^## ", text("docs/log.md"), re.MULTILINE)
    assert len(dates) == len(headings) > 0
    assert dates == sorted(dates, reverse=True)
