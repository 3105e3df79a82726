"""What all tests share: JAX runs as it does for a user, and ranks are never promoted silently."""

from __future__ import annotations

import gc
import itertools
import os
from pathlib import Path

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import jax
import pytest

from trainee.life.runtime import prepare

# Before any test module makes an array: what starts JAX decides how it runs, and so the last bits of each result.
prepare()
jax.config.update("jax_numpy_rank_promotion", "raise")

MAPPINGS = 30_000
_torn_down = itertools.count(1)


def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Between two tests, forget compiled programs once there are very many.

    Each of them is mapped into memory, and Linux lets a process have 65,530 mappings: one more and it is aborted.
    """
    maps = Path("/proc/self/maps")
    if next(_torn_down) % 8 == 0 and maps.exists() and maps.read_bytes().count(b"\n") > MAPPINGS:
        jax.clear_caches()
        gc.collect()
