"""A home: who works in it, and what lives there."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trainee.errors import DamagedPart, HomeInUse, InvalidArgument, NothingSaved, SaveFailed
from trainee.record import durable

IDENTITY = "trainee.toml"
LOCK = "lock"
HEADING = "# What this agent is. Written by trainee when it saves; what is changed here changes nothing.\n"


def made(home: Path) -> Path:
    """A home, which is made where it is missing.

    Raises:
      InvalidArgument: there can be none at this path.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidArgument(f"{home} cannot be a home: {error}. Choose a folder you may write to.") from error
    return home


@contextmanager
def lock(home: Path) -> Iterator[None]:
    """Keep every other process out of a home, which is made where it is missing.

    The kernel lets go of the lock when the process ends in whatever way, so that a stale one cannot exist. The file
    stays, as removing it would let two processes lock two files of one name.

    Raises:
      HomeInUse: another process works here, or this one already does.
      InvalidArgument: there can be no home at this path.
    """
    try:
        file = (made(home) / LOCK).open("a+")
    except OSError as error:
        raise InvalidArgument(f"{home} cannot be a home: {error}. Choose a folder you may write to.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise HomeInUse(_in_use(home, file.read().strip())) from None
        except OSError as error:
            raise InvalidArgument(
                f"{home} cannot be a home: its file system has no locks ({error}). Choose one on a local disk."
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _in_use(home: Path, holder: str) -> str:
    if holder == str(os.getpid()):
        return f"{home} is already in use by this process ({holder}): close what works there first."
    return (
        f"{home} is in use by process {holder or 'of unknown id'}: one process at a time can work there. Wait for it "
        f"or stop it, or choose another home."
    )


def write_identity(home: Path, identity: Mapping[str, object]) -> None:
    """Write what an agent is into `trainee.toml`, for people to read.

    Args:
      home: where to; made where it is missing.
      identity: values that are a str, int, float or bool, by names of letters, digits, `_` and `-`.
    Raises:
      InvalidArgument: another name or value.
      SaveFailed: it could not be written; nothing is lost.
    """
    lines = [f"{_bare(name)} = {_literal(name, value)}\n" for name, value in identity.items()]
    text = (HEADING + "".join(lines)).encode()
    path = home / IDENTITY
    try:
        if path.is_file() and path.read_bytes() == text:
            return
        durable.make_folder(home)
        durable.write(path, text)
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. Make room and save again; nothing is lost.") from error


def read_identity(home: Path) -> dict[str, Any]:
    """What `trainee.toml` says.

    Raises:
      NothingSaved: it is not there.
      DamagedPart: it is not TOML.
    """
    path = home / IDENTITY
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise NothingSaved(f"no agent is saved in {home}: there is no {IDENTITY}. Check the path.") from None
    except (OSError, ValueError) as error:
        raise DamagedPart(f"{path} cannot be read: {error}. It is written anew when the agent next saves.") from None


def _bare(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise InvalidArgument(f"{name!r} cannot be a name in {IDENTITY}: use letters, digits, _ and -")
    return name


def _literal(name: str, value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            # A JSON string is a TOML string, but for DEL, and for surrogates, which no UTF-8 file can hold.
            quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            return quoted.encode(errors="replace").decode()
    raise InvalidArgument(f"{name} = {value!r} cannot be written to {IDENTITY}: use a str, int, float or bool")
