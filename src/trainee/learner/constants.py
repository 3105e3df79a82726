"""The one table of numbers, the same for every job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Constants:
    """What the learner is tuned to; `docs/log.md` has the comparisons.

    Attributes:
      discount: of values, a time step.
      trace: λ, where the action taken looks the best.
      trace_tolerance: by how much it may look worse, in units of value, before λ falls to a third.
      heads: of the ensemble.
      prior_scale: standard deviation of the heads' priors, in units of value.
      prior_width: random features behind the priors.
      learning_rate: of Adam.
      target_rate: at which the slow parameters follow, an update.
      windows: read at each update, the newest one included.
      window_steps: transitions in a window.
      replay_steps, replay_bytes: the most that a stream's replay holds.
      normaliser_memory_steps: over which observations are averaged.
      scale_memory_steps: over which the largest return is forgotten.
      continuous_noise: standard deviation along continuous components, in choices.
      any_action: probability of taking any allowed action.
      sure: by how many standard deviations the ensemble has to agree to overrule the head in charge.
      head_steps: mean time for which a head is in charge where episodes do not end.
    """

    discount: float = 0.997
    trace: float = 0.95
    trace_tolerance: float = 0.5
    heads: int = 10
    prior_scale: float = 0.05
    prior_width: int = 32
    learning_rate: float = 3.5e-4
    target_rate: float = 0.02
    windows: int = 4
    window_steps: int = 8
    replay_steps: int = 100_000
    replay_bytes: int = 2**29
    normaliser_memory_steps: int = 20_000
    scale_memory_steps: int = 100_000
    continuous_noise: float = 0.25
    any_action: float = 0.01
    sure: float = 1.0
    head_steps: float = 1000.0


DEFAULTS = Constants()
