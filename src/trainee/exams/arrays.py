"""Arrays that exams keep between processes: all of a file or nothing, and what is damaged is named."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from trainee.errors import DamagedPart, SaveFailed
from trainee.record import durable


def keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Keep named arrays in a file; its folder is made where there is none.

    Raises:
      SaveFailed: there is no room, or the disk does not answer.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    try:
        durable.make_folder(path.parent)
        durable.write(path, buffer.getvalue())
    except OSError as error:
        raise SaveFailed(f"{path} could not be written: {error}. The others stand; make room and go on") from error


def recalled(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Some of the arrays that a file keeps, by their names.

    Raises:
      DamagedPart: the file is not what was written.
    """
    try:
        # NumPy leaves a file open that it cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            return {name: data[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DamagedPart(f"{path} cannot be read: {error}. Remove it, and the same command does it again") from error
