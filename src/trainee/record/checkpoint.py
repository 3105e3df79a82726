"""Checkpoints: several parts that are saved all or none.

Parts are written under names that nothing has yet. Renaming the new manifest into place is the one step that makes them
the checkpoint: before it the old one stands whole, after it the new one does. The manifest before it is kept, with its
files, as the last good checkpoint.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from trainee.errors import DamagedPart, InvalidArgument, NothingSaved, SaveFailed
from trainee.record import durable, parts
from trainee.record.generations import describe, last_good_offered, sweep, worth_keeping
from trainee.record.manifest import FILES, Generation, Manifest, encode, read


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What is saved.

    Attributes:
      parts: arrays by part (`agent`, `streams/<worker>`) and by tensor name.
      about: metadata that JSON can hold; keys are strings, tuples come back as lists. Messages name its integer `step`.
    """

    parts: Mapping[str, Mapping[str, np.ndarray]]
    about: Mapping[str, Any]


def save(home: Path, checkpoint: Checkpoint, carry: Collection[str] = ()) -> Manifest:
    """Make this the current checkpoint; the one that was current is kept as the previous one. Take `lock` first.

    Args:
      home: where to; made where it is missing.
      checkpoint: what to save.
      carry: parts that stay as they are in the current checkpoint, and need not be read or written.
    Returns:
      What was saved.
    Raises:
      InvalidArgument: a part that cannot be saved; nothing was written.
      SaveFailed: the disk is full or does not answer; the current checkpoint stands.
      NewerFormat: a later version wrote the current checkpoint, which this one will not replace.
      DamagedPart, NothingSaved: there is no manifest to carry parts from.
    """
    current = _check(home, checkpoint, carry)
    try:
        saved = _write_parts(home, checkpoint, carry, current)
        staged = durable.stage(home / FILES["current"], encode(saved))
        kept = None
        if current and worth_keeping(home, current, saved):
            kept = durable.stage(home / FILES["previous"], encode(current))
        staged.replace(home / FILES["current"])
    except BaseException as error:
        sweep(home)
        if isinstance(error, OSError | SafetensorError):
            raise SaveFailed(_why(home, checkpoint, current, error)) from error
        raise
    _confirm(home, saved, kept)
    sweep(home)
    return saved


def load(home: Path, names: Collection[str] | None = None, generation: Generation = "current") -> Checkpoint:
    """Read a checkpoint, checking each part that is read against its hash.

    Args:
      home: where it was saved.
      names: the parts to read; all where None.
      generation: `current`, or `previous` for the one before it. To go on from that one, `revert` to it.
    Returns:
      The checkpoint; its arrays are writable, contiguous, and in the machine's byte order.
    Raises:
      NothingSaved: there is no checkpoint, or not these parts of one.
      DamagedPart: a part is missing, truncated or altered; says whether the checkpoint before is whole.
      NewerFormat: a later version wrote it.
    """
    with last_good_offered(home, names, generation):
        saved = read(home, generation)
        wanted = saved.parts if names is None else names
        if unknown := sorted(set(wanted) - set(saved.parts)):
            raise NothingSaved(f"the checkpoint in {home} has no part {unknown[0]!r}: it has {_listed(saved)}")
        return Checkpoint({name: parts.read(home, name, saved.parts[name]) for name in wanted}, saved.about)


def _check(home: Path, checkpoint: Checkpoint, carry: Collection[str]) -> Manifest | None:
    """Refuse what cannot be saved. Returns the current checkpoint, or None where there is none that can be read."""
    for name, tensors in checkpoint.parts.items():
        parts.check(name, tensors)
    encode(Manifest(0, dict(checkpoint.about), {}))
    if twice := sorted(set(carry) & set(checkpoint.parts)):
        raise InvalidArgument(f"part {twice[0]!r} is both saved and carried over: leave it out of one of the two")
    try:
        current = describe(home)
    except (NothingSaved, DamagedPart):
        if carry:
            raise
        return None
    if unknown := sorted(set(carry) - set(current.parts)):
        raise InvalidArgument(
            f"part {unknown[0]!r} cannot be carried over: the checkpoint in {home} has {_listed(current)}"
        )
    return current


def _write_parts(home: Path, checkpoint: Checkpoint, carry: Collection[str], current: Manifest | None) -> Manifest:
    """Write what is new under names that nothing has yet."""
    generation = 1 + max([current.generation if current else 0, *map(parts.generation, parts.files(home))])
    old = current.parts if current else {}
    entries = {name: old[name] for name in carry}
    for name, tensors in checkpoint.parts.items():
        entries[name] = parts.write(home, name, tensors, generation, old.get(name))
    durable.make_folder((home / FILES["current"]).parent)
    return Manifest(generation, dict(checkpoint.about), entries)


def _confirm(home: Path, saved: Manifest, kept: Path | None) -> None:
    """Finish what the manifest's new name began: keep the one before it, and bring both names down to the disk."""
    try:
        if kept:
            kept.replace(home / FILES["previous"])
        durable.sync_folder((home / FILES["current"]).parent)
    except OSError as error:
        raise SaveFailed(
            f"{saved.title} is in place in {home}, but the disk did not confirm it: {error}. After a power cut the "
            f"checkpoint before it may be back. Check the disk, and save again."
        ) from error


def _why(home: Path, checkpoint: Checkpoint, current: Manifest | None, error: OSError | SafetensorError) -> str:
    """What a person needs to know when a checkpoint was not saved."""
    needed = sum(np.asarray(array).nbytes for tensors in checkpoint.parts.values() for array in tensors.values())
    try:
        free = f", {shutil.disk_usage(home).free:,} are free"
    except OSError:
        free = ""
    stands = f"The one before it ({current.title}) stands." if current else "There was none before it to be loaded."
    return (
        f"the checkpoint was not saved in {home}: {error}. It needs {needed:,} bytes{free}. {stands} Make room or "
        f"choose another home, and save again."
    )


def _listed(saved: Manifest) -> str:
    return ", ".join(map(repr, sorted(saved.parts))) or "no parts"
