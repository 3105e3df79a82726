"""Origin: whose results a folder of an exam holds, so that those of other agents are not taken for these agents'."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from trainee.errors import DamagedPart, DifferentAgent, SaveFailed
from trainee.life import Agent
from trainee.life.fingerprint import code_hash, constants_hash
from trainee.record import durable

FILE = "agents.json"


def claimed(results: Path, *work: str) -> Path:
    """A folder for what agents as they are now do at an exam, which is made where it is missing.

    Args:
      results: the folder.
      work: folders and files of the package that decide what the exam is, beside those that decide what agents do.
    Raises:
      DifferentAgent: it holds the results of others, or does not say whose.
      DamagedPart, SaveFailed: that cannot be read or written.
    """
    agent, path = Agent(), results / FILE
    here = {
        "version": version("trainee"),
        "code": code_hash(),
        "work": code_hash(*work),
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


def _write(path: Path, here: dict[str, object]) -> None:
    try:
        durable.make_folder(path.parent)
        durable.write(path, json.dumps(here, indent=1).encode())
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. Choose a --home that you may write to") from error


def _told(agents: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in agents.items()) or "whom it does not say"
