"""What all tests share: JAX runs as it does for a user, and ranks are never promoted silently."""

from __future__ import annotations

import os

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import jax

from trainee.life.runtime import prepare

# Before any test module makes an array: what starts JAX decides how it runs, and so the last bits of each result.
prepare()
jax.config.update("jax_numpy_rank_promotion", "raise")
