"""The one table of numbers, the same for every job."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Array, Float

from trainee.emotions import Temperament


@dataclass(frozen=True)
class Constants(Temperament):
    """What the learner is tuned to, and the numbers of its emotions; `docs/log.md` has the comparisons.

    Attributes:
      shortest_horizon, longest_horizon: of values, in steps; between them it is as long as lines that bring something.
      dense_horizon: it is no longer than this, unless rewards are far apart.
      whole_horizon: the same where actions are judged as a whole.
      reach: it is so many times as long as lines, and as rewards are apart, where lines end for good.
      memory_lines: over which their length is averaged.
      near_discount: of the one head that does not look far.
      trace: λ, where the action taken looks the best.
      trace_tolerance: by how much it may look worse, in units of value, before λ falls to a third.
      heads: of the ensemble.
      head_unit: what heads have for their unit, in units of value.
      feeling_unit: the same of those that feelings ask.
      eagerness: by so many times what they say moves further at an interface's first update than later, where there are
        choices.
      eager_updates: after which half of that is left.
      prior_scale: standard deviation of the heads' priors, in units of value.
      image_prior: of that scale, where images are seen.
      prior_width: random features behind the priors.
      learning_rate: of Adam.
      whole_learning_rate: the same where actions are judged as a whole.
      square_decay: of its mean of squared gradients, an update.
      target_rate: at which the slow parameters follow, an update.
      windows: read at each update, the newest one included.
      window_steps: transitions in a window.
      replay_steps, replay_bytes: the most that a stream's replay holds.
      normaliser_memory_steps: over which observations are averaged, and how large rewards are.
      scale_memory_steps: over which the largest return is forgotten.
      continuous_noise: standard deviation along continuous components, in choices.
      any_action: probability of taking any allowed action.
      sure: by how many standard deviations the ensemble has to agree to overrule the head in charge.
      head_steps: mean time for which a head is in charge where episodes do not end.
      memory_gain: of what is recalled, against 1 for what is seen.
      effects_gain: of what actions have been doing of late.
      novelty_scale: of the bonus for what was never tried, in units of value.
      novelty_discount: of what is new and lies ahead, a time step.
      novelty_rate: at which its table takes in what a sweep finds.
      finds_memory_steps: over which what curiosity finds is averaged.
      patience_steps: in which curiosity is to find something, and without a find after which it lets go.
      whole_spell_steps: after which it lets go where actions are judged as a whole.
    """

    shortest_horizon: float = 30.0
    dense_horizon: float = 400.0
    whole_horizon: float = 100.0
    longest_horizon: float = 3333.0
    reach: float = 12.0
    memory_lines: float = 30.0
    near_discount: float = 0.99
    trace: float = 0.95
    trace_tolerance: float = 0.25
    heads: int = 10
    head_unit: float = 0.1
    feeling_unit: float = 1.0
    eagerness: float = 4.0
    eager_updates: float = 300.0
    prior_scale: float = 0.025
    image_prior: float = 0.1
    prior_width: int = 32
    learning_rate: float = 3.5e-4
    whole_learning_rate: float = 1e-3
    square_decay: float = 0.997
    target_rate: float = 0.02
    windows: int = 4
    window_steps: int = 8
    replay_steps: int = 100_000
    replay_bytes: int = 2**29
    normaliser_memory_steps: int = 20_000
    scale_memory_steps: int = 100_000
    continuous_noise: float = 0.05
    any_action: float = 0.01
    sure: float = 1.0
    head_steps: float = 1000.0
    memory_gain: float = 0.1
    effects_gain: float = 0.5
    novelty_scale: float = 10.0
    novelty_discount: float = 0.99
    novelty_rate: float = 0.5
    finds_memory_steps: float = 300.0
    patience_steps: int = 100
    whole_spell_steps: int = 300

    @property
    def shortest_discount(self) -> float:
        """Of values while nothing is known of the job."""
        return 1 - 1 / self.shortest_horizon


DEFAULTS = Constants()


def traced(constants: Constants, numbers: Mapping[str, Float[Array, ""]]) -> Constants:
    """The table with some numbers that are known only as a compiled program runs, so that one program can be run with
    many tables. For use inside what is compiled; numbers that decide a shape or what Python does cannot be such.
    """
    table = copy.copy(constants)
    for name, number in numbers.items():
        # Made anew the table would refuse what is no number yet.
        object.__setattr__(table, name, number)
    return table
