"""The strategy: which tables to try next, after what came of those that were tried.

CMA-ES (Hansen 2016, arXiv 1604.00772), as the library `cmaes` has it, at the places of numbers between their bounds. It
is a function of the journal: told the same generations again, it goes on as it would have. So nothing else is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from trainee.errors import MissingExtra
from trainee.evolution.journal import Journal

# At first: the standard deviation of places, from 0 at one bound to 1 at the other.
STEP = 0.15


def asked(journal: Journal) -> Float[np.ndarray, "tables fields"]:
    """The places of the next generation's tables.

    Raises:
      MissingExtra: the library is not installed.
    """
    strategy = _strategy(journal)
    return np.array([strategy.ask() for _ in range(journal.plan.population)])


def centre(journal: Journal) -> Float[np.ndarray, " fields"]:
    """Where the next generation's tables would be on the mean.

    Raises:
      MissingExtra: the library is not installed.
    """
    return np.clip(_strategy(journal).mean, 0.0, 1.0)


def _strategy(journal: Journal) -> Any:
    try:
        from cmaes import CMA  # noqa: PLC0415 an optional library
    except ImportError as error:
        raise MissingExtra("cmaes", "evolve", "a search for constants") from error
    plan = journal.plan
    bounds = np.tile([0.0, 1.0], (len(plan.names), 1))
    strategy = CMA(plan.start(), STEP, bounds, seed=plan.seed, population_size=plan.population)
    for generation in journal.generations:
        # What it asks for is known already; its chance has to go on from where it was.
        for _ in range(plan.population):
            strategy.ask()
        places, earned = map(np.array, (generation.places, generation.fitness))
        # It looks for what is least.
        strategy.tell(list(zip(places, -earned, strict=True)))
    return strategy
