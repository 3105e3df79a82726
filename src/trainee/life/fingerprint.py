"""Fingerprints: short hashes of the numbers and of the code that decide what comes of an agent."""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from trainee.learner import Constants

# Whose code decides what an agent does.
LEARNING = ("emotions", "learner")


def constants_hash(constants: Constants) -> str:
    """A short hash of the table of numbers."""
    text = json.dumps(dataclasses.asdict(constants), sort_keys=True)
    return _short(text)


@functools.cache
def code_hash(*places: str) -> str:
    """A short hash of what code does: other comments, docstrings or another layout do not count.

    Args:
      places: folders and files of the package, such as `jobs` or `exams/iowa/load.py`; by default those of learners and
        emotions.
    """
    modules = [module for place in places or LEARNING for module in _modules(files("trainee").joinpath(place))]
    sources = [module.read_text("utf-8") for module in sorted(modules, key=str)]
    return _short("".join(ast.dump(_Bare().visit(ast.parse(source))) for source in sources))


def _modules(place: Traversable) -> Iterator[Traversable]:
    if place.is_file():
        yield from (place,) if place.name.endswith(".py") else ()
        return
    for inside in place.iterdir():
        yield from _modules(inside)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Bare(ast.NodeTransformer):
    """Takes out what only people read."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node
