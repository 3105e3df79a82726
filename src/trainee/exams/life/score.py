"""Scores of lives, by their logs alone: `trainee.exams.life.measures` over seeds, and what merges retained.

Published: merging keeps 117% on three Atari games at 1.1 times a specialist's size, ten games needed four times (policy
distillation); more than 85% for continual distillation from distributed teachers. The bar here: every job .98 of its
specialist, forgetting at most .05, forward transfer 0 or more, relearning at most a fifth, plasticity .95.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainee.errors import InvalidArgument
from trainee.exams.life import measures
from trainee.exams.life.log import Row, played, rows
from trainee.exams.life.measures import Range, Ranges
from trainee.exams.life.small import Window, windows
from trainee.exams.life.sweep import FLEET, JOINTLY, LIFE, LIVES, RANDOM, RESETS, SMALL, SMALL_ARMS, UNIONS, Selection
from trainee.exams.life.sweep import turns as turns_of
from trainee.exams.stats import bounds, ratio_bounds
from trainee.fleet import Retention
from trainee.fleet.gate import FEWEST, judgement, retention
from trainee.life import interval

ALONE = "one agent per job"
MEASURES = (
    "average performance",
    "forgetting",
    "worst forgetting",
    "backward transfer",
    "forward transfer",
    "online return",
    "relearning",
    "plasticity",
)


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, and its 95% interval; NaN for its ends where there are too few."""

    mean: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True)
class Cost:
    """What lives of an arm took, all seeds together.

    Attributes:
      steps_per_second: of learning, sleep included.
      asleep: the share of learning that was sleep and what belongs to it.
      learning_s, examining_s: what was timed.
    """

    steps_per_second: float
    asleep: float
    learning_s: float
    examining_s: float


@dataclass(frozen=True)
class Scores:
    """What came of an exam.

    Attributes:
      ranges: what each job is measured between.
      left_out: jobs that no more than half of the agents learned alone, and so are measured by nothing.
      arms: by arm and by measure.
      kept: what each arm kept of each job between just after it was learned and the end, over seeds.
      maps: by arm and turn, the score of each job that was played, a mean over seeds.
      met: the job of each turn.
      unions: by arm, what a merge retained of each job, over seeds.
      union_notes: by arm and job, why a job was left out.
      sizes: by arm, how many times the largest worker's agent the merged one is, interfaces counted; on the mean.
      windows: by arm, over the small jobs.
      costs: by arm.
    """

    ranges: Ranges
    left_out: tuple[str, ...]
    arms: dict[str, dict[str, Estimate]]
    kept: dict[str, list[Retention]]
    maps: dict[str, list[dict[str, float]]]
    met: tuple[str, ...]
    unions: dict[str, list[Retention]]
    union_notes: dict[str, dict[str, str]]
    sizes: dict[str, float]
    windows: dict[str, list[Window]]
    costs: dict[str, Cost]


def scored(asked: Selection, home: Path) -> Scores:
    """The scores of what is logged in a folder; lives that are not over are left out.

    Raises:
      InvalidArgument: nothing is there.
    """
    random = {job: one.returns for job, one in played(home / RANDOM).items()}
    if not random:
        raise InvalidArgument(f"nothing is logged in {home}: run `trainee exam life` first")
    lives = {arm: _lives(asked, home, LIFE, arm) for arm in LIVES}
    fresh = lives[RESETS]
    ranges = _ranges(fresh, random)
    met = {arm: None if arm == JOINTLY else len(asked.exam.met) for arm in LIVES}
    known = {arm: by_seed for arm, by_seed in lives.items() if by_seed and (arm in asked.arms or arm == RESETS)}
    arms = {arm: _estimates(by_seed, fresh, ranges, met[arm]) for arm, by_seed in known.items() if ranges}
    if ranges:
        arms[ALONE] = _alone(_until(fresh, met[RESETS]), ranges)
    known = {arm: _until(by_seed, met[arm]) for arm, by_seed in known.items()}
    one_by_one = {arm: list(by_seed.values()) for arm, by_seed in known.items() if arm != JOINTLY}
    unions = {arm: _united(asked, home, arm, random) for arm in UNIONS if FLEET in asked.parts and arm in asked.arms}
    small = {arm: windows(_lives(asked, home, SMALL, arm), _lives(asked, home, SMALL, RESETS)) for arm in SMALL_ARMS}
    return Scores(
        ranges,
        tuple(job for job in asked.exam.every if fresh and job not in ranges),
        arms,
        {arm: _kept(by_seed, random) for arm, by_seed in one_by_one.items() if arm != RESETS},
        {arm: _map(by_seed, ranges) for arm, by_seed in one_by_one.items()},
        tuple(job for job, _ in asked.exam.met),
        {arm: found for arm, found in unions.items() if found},
        {arm: _notes(asked, home, arm) for arm in unions},
        {arm: times for arm in unions if (times := _times(asked, home, arm))},
        {arm: found for arm, found in small.items() if found},
        {arm: _cost(list(by_seed.values())) for arm, by_seed in known.items()},
    )


def _lives(asked: Selection, home: Path, part: str, arm: str) -> dict[int, list[Row]]:
    """The lives of an arm that are over, by seed."""
    if part not in asked.parts:
        return {}
    found = {seed: rows(home / part / arm / str(seed)) for seed in asked.seeds}
    return {seed: done for seed, done in found.items() if len(done) == len(turns_of(asked.exam, f"{part}/{arm}/0"))}


def _ranges(fresh: Mapping[int, Sequence[Row]], random: Mapping[str, Sequence[float]]) -> Ranges:
    """Of the jobs at which more than half of the new agents came to more than random play, each for sure."""
    found: Ranges = {}
    for numbers in zip(*[[(n, life) for n in measures.first_meetings(life)] for life in fresh.values()], strict=True):
        job = numbers[0][1][numbers[0][0]].job
        alone = [life[n].examined[job] for n, life in numbers]
        chance = interval(random[job])[1]
        if 2 * sum(interval(returns)[0] > chance for returns in alone) > len(alone):
            found[job] = Range(float(np.mean(random[job])), float(np.mean(np.concatenate(alone))))
    return found


def _until(lives: Mapping[int, list[Row]], turn: int | None) -> dict[int, list[Row]]:
    """The beginnings of some lives, or all of them."""
    return {seed: life[:turn] for seed, life in lives.items()}


def _estimates(
    lives: Mapping[int, list[Row]], fresh: Mapping[int, list[Row]], ranges: Ranges, met: int | None
) -> dict[str, Estimate]:
    found = [_measured(life, fresh.get(seed), ranges, met) for seed, life in lives.items()]
    return {name: estimate([one[name] for one in found if name in one]) for name in MEASURES}


def _measured(whole: list[Row], alone: list[Row] | None, ranges: Ranges, met: int | None) -> dict[str, float]:
    """The measures of one life; of one that has all jobs at once only those that do not ask when a job was met. All but
    plasticity are of the turns before what is new.
    """
    life = whole[:met]
    scores = measures.performance(life, ranges)
    found = {
        "average performance": measures.average_performance(scores),
        "online return": measures.online_return(life, ranges),
    }
    if met is None or alone is None:
        return found
    fresh = alone[:met]
    lost = measures.forgotten(life, scores)
    return {
        **found,
        "forgetting": measures.forgetting(lost),
        "worst forgetting": max(lost.values(), default=float("nan")),
        "backward transfer": measures.backward_transfer(life, scores),
        "forward transfer": measures.forward_transfer(life, fresh, ranges),
        "relearning": measures.relearned(life, ranges),
        "plasticity": measures.relative_area(whole[met:], alone[met:], ranges),
    }


def _alone(fresh: Mapping[int, list[Row]], ranges: Ranges) -> dict[str, Estimate]:
    """One agent per job: the new agents of the first meetings, each of which goes on knowing its job."""
    first: Callable[[list[Row]], list[Row]] = lambda life: [life[n] for n in measures.first_meetings(life)]  # noqa: E731
    scores = [
        float(np.mean([ranges[row.job].normalised(float(np.mean(row.examined[row.job]))) for row in firsts]))
        for life in fresh.values()
        if (firsts := [row for row in first(life) if row.job in ranges])
    ]
    online = [measures.online_return(first(life), ranges) for life in fresh.values()]
    empty = {name: estimate([]) for name in MEASURES}
    return {**empty, "average performance": estimate(scores), "online return": estimate(online)}


def estimate(values: Sequence[float]) -> Estimate:
    """A mean over seeds with its interval; seeds that have no such number are left out."""
    known, nothing = [float(value) for value in values if not np.isnan(value)], float("nan")
    if not known:
        return Estimate(nothing, nothing, nothing, 0)
    ends = bounds(np.array(known)) if len(known) > 1 else (nothing, nothing)
    return Estimate(float(np.mean(known)), *ends, len(known))


def _kept(lives: Sequence[Sequence[Row]], random: Mapping[str, Sequence[float]]) -> list[Retention]:
    """By the gate's formula, what the end of life has of what was there just after each job was learned."""
    found = []
    for number in measures.first_meetings(lives[0]):
        job = lives[0][number].job
        pairs = [(life[number].examined[job], life[-1].examined[job]) for life in lives]
        found.append(_retained(job, pairs, random[job]))
    return found


def _united(asked: Selection, home: Path, arm: str, random: Mapping[str, Sequence[float]]) -> list[Retention]:
    """By the gate's formula, what a merge has of what the workers could do."""
    pairs: dict[str, list[tuple[Sequence[float], Sequence[float]]]] = {}
    for seed in asked.seeds:
        found = played(home / "union" / arm / str(seed))
        if set(found) != set(asked.exam.names):
            continue
        for number in range(1, asked.exam.workers + 1):
            end = rows(home / FLEET / f"worker-{number}" / str(seed))[-1].examined
            for job, returns in end.items():
                # What nobody was left to merge brings what random play does.
                pairs.setdefault(job, []).append((returns, found[job].returns or random[job]))
    return [_retained(job, pairs[job], random[job]) for job in asked.exam.names if job in pairs]


def _retained(job: str, pairs: Sequence[tuple[Sequence[float], Sequence[float]]], random: Sequence[float]) -> Retention:
    """What is retained of a job, from the returns before and after: of one seed as the gate has it, of several by how
    much these vary.
    """
    before, after = (np.concatenate(returns).tolist() for returns in zip(*pairs, strict=True))
    found = retention(job, before, after, np.resize(np.asarray(random, float), len(before)).tolist())
    if len(pairs) == 1 or len(before) < FEWEST or np.isnan(found.retained):
        return found
    had, has = (np.array([np.mean(returns) - np.mean(random) for returns in side]) for side in zip(*pairs, strict=True))
    low, high = ratio_bounds(has, had)
    verdict, why = judgement(job, found.retained, low, high, found.episodes)
    return dataclasses.replace(found, low=low, high=high, verdict=verdict, why=why)


def _notes(asked: Selection, home: Path, arm: str) -> dict[str, str]:
    every = [played(home / "union" / arm / str(seed)) for seed in asked.seeds]
    return {job: one.why for found in every for job, one in found.items() if one.why}


def _times(asked: Selection, home: Path, arm: str) -> float:
    """How many times the largest worker's agent a merged one is, on the mean over seeds; 0 where that is not known."""
    every = [list(played(home / "union" / arm / str(seed)).values()) for seed in asked.seeds]
    known = [found[-1].size / found[-1].largest for found in every if found and found[-1].largest]
    return float(np.mean(known)) if known else 0.0


def _map(lives: Sequence[list[Row]], ranges: Ranges) -> list[dict[str, float]]:
    each = [measures.performance(life, ranges) for life in lives]
    return [
        {job: float(np.mean([scores[job] for scores in turn])) for job in turn[0]} for turn in zip(*each, strict=True)
    ]


def _cost(lives: Sequence[Sequence[Row]]) -> Cost:
    every = [row for life in lives for row in life]
    learning, examining = sum(row.learning_s for row in every), sum(row.examining_s for row in every)
    steps, asleep = sum(row.timed_steps for row in every), sum(row.asleep_s for row in every)
    return Cost(steps / learning if learning else float("nan"), asleep / max(learning, 1e-9), learning, examining)
