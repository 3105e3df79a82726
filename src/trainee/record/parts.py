"""The parts of a checkpoint: one safetensors file each, never written twice under one name."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from trainee.errors import DamagedPart, InvalidArgument
from trainee.record import durable

FOLDERS = ("agent", "streams", "lessons")
DTYPE = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)")
# The second form is the temporary name of safetensors, which a killed process leaves behind.
PART_FILE = re.compile(r"\d{6,}\.safetensors(\.writing)?|\.tmp\w+")


@dataclass(frozen=True)
class Entry:
    """Where a part is.

    Attributes:
      file: its path, from the home.
      bytes: size of the file.
      sha256: of the whole file, in hexadecimal.
    """

    file: str
    bytes: int
    sha256: str


def folder(name: str) -> str:
    """The folder of a part, from the home: `agent`, `lessons`, or `streams/` and a worker's name made safe.

    A worker's name may hold any character and be of any length, and some file systems do not tell `Pong` from `pong`;
    the hash tells them apart. The manifest holds the true name.
    """
    kind, slash, worker = name.partition("/")
    if kind not in FOLDERS:
        allowed = " or ".join(f"'{kind}', '{kind}/…'" for kind in FOLDERS)
        raise InvalidArgument(f"a checkpoint has no place for a part named {name!r}: call it {allowed}")
    if not slash:
        return kind
    readable = re.sub(r"[^A-Za-z0-9-]", "_", worker)[:40]
    return f"{kind}/{readable}-{hashlib.sha256(worker.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def check(name: str, tensors: Mapping[str, np.ndarray]) -> None:
    """Whether a part can be written.

    Raises:
      InvalidArgument: a name or a dtype that a safetensors file cannot hold.
    """
    folder(name)
    for tensor, array in tensors.items():
        if tensor == "__metadata__" or re.search(r"[\ud800-\udfff]", tensor):
            raise InvalidArgument(f"part {name!r} has a tensor named {tensor!r}, which its file cannot hold: rename it")
        dtype = np.asarray(array).dtype
        if not DTYPE.fullmatch(dtype.name):
            raise InvalidArgument(
                f"tensor {tensor!r} of part {name!r} is of dtype {dtype}, which cannot be saved: convert it or view "
                f"it as bool, int8 to int64, uint8 to uint64 or float16 to float64"
            )


def write(home: Path, name: str, tensors: Mapping[str, np.ndarray], generation: int, old: Entry | None) -> Entry:
    """Write a part durably; one that is the same as the old one, byte for byte, is not kept twice.

    Args:
      home: the home.
      name: the part's.
      tensors: its arrays. Only those that are not contiguous are copied in memory.
      generation: of the checkpoint, which the file's name carries.
      old: the part in the current checkpoint.
    Raises:
      OSError, SafetensorError: the file could not be written.
    """
    file = f"{folder(name)}/{generation:06d}.safetensors"
    path = home / file
    staged = durable.temporary(path)
    durable.make_folder(path.parent)
    # safetensors sorts tensors, so that the same ones make the same bytes; but it reads raw memory, blind to strides.
    save_file({tensor: np.asarray(array, order="C") for tensor, array in tensors.items()}, staged)
    # safetensors lets only the owner read its files; the folder follows the umask, and files should too.
    with suppress(PermissionError):
        staged.chmod(path.parent.stat().st_mode & 0o666)
    with staged.open("rb") as written:
        entry = Entry(file, os.fstat(written.fileno()).st_size, hashlib.file_digest(written, "sha256").hexdigest())
        if old is not None and entry.sha256 == old.sha256 and damage(home, old) is None:
            staged.unlink()
            return old
        os.fsync(written.fileno())
    staged.replace(path)
    durable.sync_folder(path.parent)
    return entry


def damage(home: Path, entry: Entry, hashed: bool = True) -> str | None:
    """What is wrong with a part's file, or None where it is whole; without `hashed` only its size is looked at."""
    try:
        with (home / entry.file).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < entry.bytes:
                return f"is truncated: {size:,} of {entry.bytes:,} bytes"
            if size > entry.bytes:
                return f"was altered: it holds {size:,} bytes, and {entry.bytes:,} were written"
            found = hashlib.file_digest(file, "sha256").hexdigest() if hashed else entry.sha256
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found != entry.sha256:
        return f"was altered: its sha256 is {found[:12]}…, and {entry.sha256[:12]}… was written"
    return None


def read(home: Path, name: str, entry: Entry) -> dict[str, np.ndarray]:
    """A part's arrays, writable and contiguous.

    Raises:
      DamagedPart: its file is missing, truncated, altered or unreadable.
    """
    wrong = damage(home, entry)
    if wrong is None:
        try:
            return load_file(home / entry.file)
        except (OSError, SafetensorError) as error:
            wrong = f"cannot be read: {error}"
    raise DamagedPart(f"part {name!r} of the checkpoint in {home} is damaged: {entry.file} {wrong}.")


def files(home: Path) -> Iterator[Path]:
    """Every file that was written for a part, also unfinished ones."""
    for kind in FOLDERS:
        for path in (home / kind).glob("*"):
            inside = path.iterdir() if path.is_dir() else (path,)
            yield from (file for file in inside if PART_FILE.fullmatch(file.name))


def generation(file: Path) -> int:
    """The generation that a part's file was written in, by its name; 0 for an unfinished file."""
    number = file.name.removesuffix(".safetensors")
    return int(number) if number.isdecimal() else 0
