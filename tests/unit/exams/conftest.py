"""Results of jobs, made from a list of episodes as a worker's logbook would have kept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from trainee.exams import JobResult
from trainee.life import Episode, Evaluation, Logbook, Stint, interval

EVALUATED = (480.0, 500.0, 500.0, 500.0)


def evaluation(name: str, returns: Sequence[float] = EVALUATED) -> Evaluation:
    return Evaluation(name, tuple(returns), float(np.mean(returns)), *interval(returns))


def result(name: str, steps: int, episodes: Sequence[Episode], begin: int = 0, unfit: int = 0) -> JobResult:
    """A stretch of `steps` steps that began after `begin`; `episodes` are all that the logbook has."""
    log = Logbook(0.99, begin + steps, list(episodes), unfit)
    ended = sum(episode.step > begin for episode in episodes)
    stint = Stint(name, steps, ended, log.online_return(begin), log.recent(), 1234.5, unfit)
    return JobResult(stint, evaluation(name), evaluation(name, [250.0, 350.0]), log)


def growing(count: int, length: int = 20, seed: int = 0) -> list[Episode]:
    """Episodes of one length whose returns grow, roughly foreseen."""
    rng = np.random.default_rng(seed)
    totals = np.linspace(10, 200, count) + rng.normal(0, 5, count)
    guesses = totals / 3 + rng.normal(0, 4, count)
    return [
        Episode((i + 1) * length, length, float(total), float(guess), float(total / 3))
        for i, (total, guess) in enumerate(zip(totals, guesses, strict=True))
    ]


@pytest.fixture
def make_result() -> Callable[..., JobResult]:
    return result


@pytest.fixture
def make_episodes() -> Callable[..., list[Episode]]:
    return growing
