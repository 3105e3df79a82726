"""What all tests share: shapes are checked, ranks are never promoted silently, and nothing is cached between runs."""

from __future__ import annotations

import os

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import jax
import pytest

from trainee.life.runtime import prepare


@pytest.fixture(autouse=True, scope="session")
def _jax_is_strict() -> None:
    prepare()
    jax.config.update("jax_numpy_rank_promotion", "raise")
