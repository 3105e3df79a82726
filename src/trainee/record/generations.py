"""The two generations of a home: the current checkpoint, and the last good one before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trainee.errors import DamagedPart, NewerFormat, NothingSaved, RecordError, SaveFailed
from trainee.record import durable, parts
from trainee.record.manifest import FILES, Generation, Manifest, encode, read


def describe(home: Path, generation: Generation = "current") -> Manifest:
    """What a checkpoint consists of, without reading its parts.

    Raises:
      NothingSaved: there is no checkpoint.
      DamagedPart: its manifest is missing, truncated or altered; says whether the checkpoint before is whole.
      NewerFormat: a later version wrote it.
    """
    with last_good_offered(home, None, generation):
        return read(home, generation)


def revert(home: Path) -> Manifest:
    """Make the previous checkpoint, the last good one, the current one too. Take `lock` first.

    What is left of the one that was current is removed when the next is saved.

    Raises:
      NothingSaved, DamagedPart, NewerFormat: the previous checkpoint is not whole; nothing was changed.
      SaveFailed: the disk is full or does not answer; nothing is lost.
    """
    saved = read(home, "previous")
    for name, entry in saved.parts.items():
        if wrong := parts.damage(home, entry):
            raise DamagedPart(f"cannot go back to {saved.title} in {home}: part {name!r}, {entry.file}, {wrong}.")
    try:
        durable.write(home / FILES["current"], encode(saved))
    except OSError as error:
        raise SaveFailed(f"cannot go back to {saved.title} in {home}: {error}. Nothing is lost: try again.") from error
    return saved


def forget_previous(home: Path) -> None:
    """Remove the previous checkpoint, where the current one can be had again if it is lost. Take `lock` first.

    Says nothing where it cannot: the next save replaces it.
    """
    with suppress(OSError):
        (home / FILES["previous"]).unlink(missing_ok=True)
    sweep(home)


@contextmanager
def last_good_offered(home: Path, names: Collection[str] | None, generation: Generation) -> Iterator[None]:
    """Adds to what is said of a damaged checkpoint whether these parts of the one before it can be loaded."""
    try:
        yield
    except (DamagedPart, NewerFormat) as error:
        if generation == "previous":
            raise
        remedy = ""
        if isinstance(error, DamagedPart):
            remedy = " There is no whole checkpoint before it: restore it from a copy, or begin anew in another home."
        with suppress(RecordError):
            saved = read(home, "previous")
            if whole(home, saved, names):
                remedy = f" The last good one, {saved.title}, is whole: --last-good or generation='previous' loads it."
        raise type(error)(f"{error}{remedy}") from None


def whole(home: Path, saved: Manifest, names: Collection[str] | None = None, hashed: bool = True) -> bool:
    """Whether these parts, or all, are as they were written; without `hashed` only sizes are looked at."""
    wanted = saved.parts if names is None else names
    return all(name in saved.parts and parts.damage(home, saved.parts[name], hashed) is None for name in wanted)


def worth_keeping(home: Path, current: Manifest, saved: Manifest) -> bool:
    """Whether the current checkpoint may take the previous one's place: not where that loses the last good one.

    Files that the new checkpoint shares with it are only looked at for their size: to hash what is carried over would
    cost as much as reading every stream at each save.
    """
    replaced = [name for name, entry in current.parts.items() if saved.parts.get(name) != entry]
    if whole(home, current, hashed=False) and whole(home, current, replaced):
        return True
    try:
        return not whole(home, read(home, "previous"))
    except RecordError:
        return True


def sweep(home: Path) -> None:
    """Remove what no manifest names, be it of an older checkpoint or of one that failed.

    Says nothing where it cannot: the next save tries again. Where a manifest cannot be read, only unfinished files go.
    """
    named: set[Path] = set()
    readable = True
    for which in FILES:
        try:
            named.update(home / entry.file for entry in read(home, which).parts.values())
        except NothingSaved:
            continue
        except RecordError:
            readable = False
    with suppress(OSError):
        for path in (*parts.files(home), *(durable.temporary(home / file) for file in FILES.values())):
            if path not in named and (readable or not parts.generation(path)):
                path.unlink(missing_ok=True)
                with suppress(OSError):
                    path.parent.rmdir()
