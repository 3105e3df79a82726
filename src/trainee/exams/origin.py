"""Origin: whose results a folder of an exam holds, so that those of other agents are not taken for these agents'."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from trainee.errors import DamagedPart, DifferentAgent, SaveFailed
from trainee.life import Agent
from trainee.life.saving import constants_hash
from trainee.record import durable

FILE = "agents.json"
# Whose code decides what an agent does.
LEARNING = ("emotions", "learner")


def claimed(results: Path) -> Path:
    """A folder for what agents as they are now do at an exam, which is made where it is missing.

    Args:
      results: the folder.
    Raises:
      DifferentAgent: it holds the results of others, or does not say whose.
      DamagedPart, SaveFailed: that cannot be read or written.
    """
    agent, path = Agent(), results / FILE
    here = {
        "version": version("trainee"),
        "code": code_hash(),
        "constants": constants_hash(agent.constants),
        "width": agent.width,
    }
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        there = {} if results.is_dir() and any(results.iterdir()) else here
        if there:
            _write(path, here)
    except (OSError, ValueError) as error:
        raise DamagedPart(f"{path} cannot be read: {error}. Choose another --home, or remove {results}") from error
    if there != here:
        raise DifferentAgent(
            f"{results} holds the results of other agents: of {_told(there)}, and these would be of {_told(here)}. "
            f"Choose another --home, or remove {results}"
        )
    return results


@functools.cache
def code_hash() -> str:
    """A short hash of what learners and emotions do: other comments, docstrings or another layout do not count."""
    modules = [module for room in LEARNING for module in (files("trainee") / room).iterdir() if module.is_file()]
    sources = [module.read_text("utf-8") for module in sorted(modules, key=str)]
    bare = [ast.dump(_Bare().visit(ast.parse(source))) for source in sources]
    return hashlib.sha256("".join(bare).encode()).hexdigest()[:16]


class _Bare(ast.NodeTransformer):
    """Takes out what only people read."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def _write(path: Path, here: dict[str, object]) -> None:
    try:
        durable.make_folder(path.parent)
        durable.write(path, json.dumps(here, indent=1).encode())
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. Choose a --home that you may write to") from error


def _told(agents: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in agents.items()) or "whom it does not say"
