"""Results of jobs, made from a list of episodes as a worker's logbook would have kept them, and what a gate said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from trainee.exams import JobResult
from trainee.fleet import Retention
from trainee.life import Episode, Evaluation, Logbook, interval

EVALUATED = (480.0, 500.0, 500.0, 500.0)


def evaluation(name: str, returns: Sequence[float] = EVALUATED) -> Evaluation:
    return Evaluation(name, tuple(returns), float(np.mean(returns)), *interval(returns))


def gate(name: str, low: float = 0.97, verdict: str = "passed", why: str = "") -> Retention:
    return Retention(name, 490.0, 480.0, 20.0, 0.979, low, 0.99, 100, verdict, why)


def result(name: str, steps: int, episodes: Sequence[Episode], unfit: int = 0) -> JobResult:
    """The result of a job whose worker made `steps` steps; `episodes` are all that its logbook has."""
    log = Logbook(0.99, steps, list(episodes), unfit)
    return JobResult(name, log, 1234.5, evaluation(name), evaluation(name, [250.0, 350.0]), gate(name))


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
def make_gate() -> Callable[..., Retention]:
    return gate


@pytest.fixture
def make_episodes() -> Callable[..., list[Episode]]:
    return growing
