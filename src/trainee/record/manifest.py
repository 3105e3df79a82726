"""The manifest: which files make up a checkpoint. A checkpoint is in place once its manifest is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from trainee.errors import DamagedPart, InvalidArgument, NewerFormat, NothingSaved
from trainee.record.parts import Entry

FORMAT = 1

Generation = Literal["current", "previous"]
FILES: dict[Generation, str] = {"current": "agent/manifest.json", "previous": "agent/manifest.previous.json"}


@dataclass(frozen=True)
class Manifest:
    """What a checkpoint consists of.

    Attributes:
      generation: counts the checkpoints of a home.
      about: the metadata that was saved with it.
      parts: where each part is, by name.
    """

    generation: int
    about: dict[str, Any]
    parts: dict[str, Entry]

    @property
    def title(self) -> str:
        """How a message calls this checkpoint."""
        step = self.about.get("step")
        return f"generation {self.generation}" + (f", step {step:,}" if isinstance(step, int) else "")


def encode(manifest: Manifest) -> bytes:
    """The manifest's file: JSON, whose first line holds the sha256 of all the other lines.

    Raises:
      InvalidArgument: the metadata is not JSON.
    """
    try:
        rest = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            f"the metadata of a checkpoint cannot be written as JSON: {error}. Use str, int, float, bool, None, and "
            f"lists and dicts of them"
        ) from None
    rest = rest.removeprefix("{\n")
    return f'{{"sha256": "{hashlib.sha256(rest.encode()).hexdigest()}",\n{rest}'.encode()


def decode(data: bytes) -> Manifest:
    """The manifest that a file holds.

    Raises:
      ValueError: it is not as it was written.
      NewerFormat: a later version wrote it.
    """
    fields = json.loads(data)
    if not isinstance(fields, dict):
        raise ValueError("it is not a manifest")
    whole = fields.get("sha256") == hashlib.sha256(data.partition(b"\n")[2]).hexdigest()
    written = fields.get("format")
    if isinstance(written, int) and written > FORMAT:
        # A later format need not be hashed as this one is, so the hash alone does not tell which of the two it is.
        doubt = "" if whole else " Or it is damaged: its sha256 is not that of this version's format."
        raise NewerFormat(f"has format {written}, and this version of trainee reads formats up to {FORMAT}.{doubt}")
    if not whole:
        raise ValueError("its sha256 is not the one it was written with")
    entries = {name: Entry(**entry) for name, entry in fields["parts"].items()}
    return Manifest(fields["generation"], fields["about"], entries)


def read(home: Path, generation: Generation = "current") -> Manifest:
    """The manifest of the current checkpoint or of the one before it.

    Raises:
      NothingSaved: there is no checkpoint.
      DamagedPart: the manifest is missing, truncated or altered.
      NewerFormat: a later version wrote it.
    """
    file = FILES[generation]
    try:
        return decode((home / file).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        if generation == "current" and (home / FILES["previous"]).exists():
            wrong = "is missing"
        else:
            before = " before the current one" if generation == "previous" else ""
            raise NothingSaved(
                f"no checkpoint{before} is saved in {home}: there is no {file}. Check the path, or save there first."
            ) from None
    except NewerFormat as error:
        raise NewerFormat(
            f"the checkpoint in {home} was written by a later version: {file} {error} Upgrade trainee to read it."
        ) from None
    except OSError as error:
        wrong = f"cannot be read: {error.strerror}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        wrong = f"was truncated or altered: {error}"
    raise DamagedPart(f"the manifest of the checkpoint in {home} is damaged: {file} {wrong}.")
