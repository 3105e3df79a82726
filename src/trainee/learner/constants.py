"""The one table of numbers, the same for every job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Constants:
    """What the learner is tuned to. Chosen once for all jobs; `docs/log.md` has the comparisons."""

    discount: float = 0.99
    trace: float = 0.95
    trace_tolerance: float = 0.1
    heads: int = 10
    prior_scale: float = 0.03
    prior_width: int = 32
    learning_rate: float = 3e-4
    target_rate: float = 0.01
    windows: int = 8
    window_steps: int = 8
    replay_steps: int = 100_000
    replay_bytes: int = 2**29
    normaliser_memory_steps: int = 20_000
    scale_memory_steps: int = 100_000
    continuous_choices: int = 11
    continuous_noise: float = 0.25
    any_action: float = 0.02
    head_steps: float = 1000.0
