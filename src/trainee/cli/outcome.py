"""What a command ends with: results as text or JSON, errors as one message and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from trainee.errors import InvalidArgument, JobError, MissingExtra, RecordError, TraineeError

INTERRUPTED = 130
EXIT_CODES: tuple[tuple[type[TraineeError], int], ...] = (
    (InvalidArgument, 2),
    (JobError, 3),
    (RecordError, 4),
    (MissingExtra, 5),
    (TraineeError, 1),
)

# What typer says of a command line that is none; in some versions it has no public name.
UsageError: Any = typer.BadParameter.__base__


@contextmanager
def reported() -> Iterator[None]:
    """Turn an error of ours into a message and its exit code. Others are defects, and keep their tracebacks."""
    try:
        yield
    except TraineeError as error:
        _end(error)
    except UsageError as error:
        _end(InvalidArgument(error.format_message()))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def for_programs() -> bool:
    """Whether what is wrong with the command line is said in JSON, too."""
    return "--json" in sys.argv


def _end(error: TraineeError) -> NoReturn:
    code = next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    if for_programs():
        print_json({"error": {"kind": type(error).__name__, "message": str(error), "exit_code": code}})
    else:
        print(f"trainee: {error}", file=sys.stderr)
    sys.exit(code)


def say(as_json: bool, data: dict[str, Any], text: str) -> None:
    """What came of a command: for programs, or for people."""
    if as_json:
        print_json(data)
    else:
        print(text, flush=True)


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line of standard output; NumPy's scalars are told as Python's, and numbers that JSON
    cannot hold become null.
    """
    print(json.dumps(_plain(value)), flush=True)


def _plain(value: Any) -> Any:
    # NumPy's scalars, of which nothing is imported here: help has to be quick.
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
