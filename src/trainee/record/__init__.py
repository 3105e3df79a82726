"""The durable truth on disk. Knows nothing of learners: it keeps named dicts of arrays and a little JSON about them.

```
home/
  trainee.toml                          what this agent is, for people
  lock                                  held by the process that works here; holds its id
  agent/manifest.json                   the current checkpoint: file, size and sha256 of each part
  agent/manifest.previous.json          the one before it
  agent/000007.safetensors              part "agent", as written in generation 7
  streams/<worker>-<hash>/000007.safetensors
```
"""

from __future__ import annotations

from trainee.record.checkpoint import Checkpoint, load, save
from trainee.record.generations import describe, forget_previous, revert
from trainee.record.home import lock, read_identity, write_identity
from trainee.record.manifest import Generation, Manifest
from trainee.record.parts import Entry

__all__ = [
    "Checkpoint",
    "Entry",
    "Generation",
    "Manifest",
    "describe",
    "forget_previous",
    "load",
    "lock",
    "read_identity",
    "revert",
    "save",
    "write_identity",
]
