"""Pages: templates filled in, the house's styles with them, tables, and the file in the end."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from trainee.errors import SaveFailed

# The house's colours; what pages of exams share; and what those of them do that are mostly tables.
STYLES = ("colours", "sheet", "tables")


def page(package: str, **parts: object) -> str:
    """The `page.html` of a package with its parts filled in, and with them the styles that it asks for."""
    ours = resources.files("trainee.exams")
    styles = {name: ours.joinpath(f"{name}.css").read_text("utf-8") for name in STYLES}
    template = Template(resources.files(package).joinpath("page.html").read_text("utf-8"))
    return template.substitute(**styles, **parts)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table under its title.

    Args:
      title, head: plain text.
      rows: HTML; the first cell of each is its heading.
    """
    heading = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows
    )
    drawn = f"<table><thead><tr>{heading}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    return f'<h2>{escape(title)}</h2>\n<div class="card">{drawn}</div>'


def written(path: Path, text: str, what: str = "page") -> Path:
    """Write a page; its folder is made where there is none.

    Raises:
      SaveFailed: it could not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveFailed(f"the {what} could not be written to {path}: {error}. Choose another place for it") from error
    return path


def numbers_written(page: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write what a page says in numbers beside it, as a `.csv` of its name.

    Args:
      page: an `.html` file.
      rows: with the same columns each, one at least.
    Raises:
      SaveFailed: it could not be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: f"{cell:.4f}" if isinstance(cell, float) else cell for name, cell in row.items()} for row in rows
    )
    return written(page.with_suffix(".csv"), text.getvalue(), "table")
