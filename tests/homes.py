"""Comparing what two homes hold."""

from __future__ import annotations

from pathlib import Path

from trainee import record


def differences(one: Path, other: Path) -> list[str]:
    """What differs between the checkpoints of two homes, byte for byte; each tensor by its name."""
    here, there = record.load(one), record.load(other)
    found = [name for name in here.about.keys() | there.about.keys() if here.about.get(name) != there.about.get(name)]
    if here.parts.keys() != there.parts.keys():
        return [*found, f"{sorted(here.parts)} against {sorted(there.parts)}"]
    for part, tensors in here.parts.items():
        others = there.parts[part]
        if tensors.keys() != others.keys():
            found.append(f"{part}: {sorted(tensors.keys() ^ others.keys())}")
        shared = tensors.keys() & others.keys()
        found += [f"{part}: {name}" for name in shared if tensors[name].tobytes() != others[name].tobytes()]
        found += [f"{part}: {name}'s type" for name in shared if tensors[name].dtype != others[name].dtype]
    hashes = [{name: entry.sha256 for name, entry in record.describe(home).parts.items()} for home in (one, other)]
    return found if found or hashes[0] == hashes[1] else ["the files"]
