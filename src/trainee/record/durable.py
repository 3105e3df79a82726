"""Durable writing: under a temporary name, fsynced, renamed, and the folder fsynced, so that the name survives too."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".writing"


def temporary(path: Path) -> Path:
    """The name under which a file is written before it takes its own."""
    return path.with_name(path.name + TEMPORARY)


def stage(path: Path, data: bytes) -> Path:
    """Write all of a file under its temporary name, down to the disk. Renaming it is left to the caller."""
    staged = temporary(path)
    with staged.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return staged


def write(path: Path, data: bytes) -> None:
    """Write a file so that a crash at any point leaves the old one or the new one, whole.

    Raises:
      OSError: it could not be written, and nothing temporary is left. The old one stands; where only the folder could
        not be fsynced, the new one.
    """
    try:
        stage(path, data).replace(path)
    except BaseException:
        with suppress(OSError):
            temporary(path).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder down to the disk: without it a crash may undo a rename."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each new name durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
