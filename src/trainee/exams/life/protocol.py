"""The protocol: which jobs, in which order, for how many steps, and what is examined when. No switch is announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SWAPPED, PERMUTED = "trainee.jobs.twins:CartPoleSwapped-v0", "trainee.jobs.twins:BreakoutPermuted-v0"
# Steps at full scale. The last two are twins: in all but what the actions do they are the first and the fifth.
JOBS = (
    ("MinAtar/Breakout-v1", 1_000_000),
    ("MinAtar/Asterix-v1", 1_000_000),
    ("MinAtar/SpaceInvaders-v1", 1_000_000),
    ("MinAtar/Freeway-v1", 1_000_000),
    ("CartPole-v1", 200_000),
    ("Acrobot-v1", 200_000),
    ("MountainCar-v0", 200_000),
    ("bsuite/catch-0", 200_000),
    ("trainee.jobs.grids:DoorKey-5x5-v0", 150_000),
    ("trainee.jobs.grids:LavaGapS5-v0", 150_000),
    (SWAPPED, 200_000),
    (PERMUTED, 1_000_000),
)
QUICK_JOBS = (("CartPole-v1", 200_000), ("Acrobot-v1", 200_000), ("bsuite/catch-0", 200_000), (SWAPPED, 200_000))
# Met last of all, to see whether what is new is still learned: nothing about them is shared with a job before them.
NEW_JOBS = (("FrozenLake-v1", 100_000), ("bsuite/mountain_car-0", 100_000), ("Pendulum-v1", 50_000))
QUICK_NEW_JOBS = NEW_JOBS[:1]
# Fewer steps than these are not asked for: the longest episodes of a game have 2,500, of another job 500.
LEAST_STEPS, LEAST_GAME_STEPS, GAMES = 2_000, 5_000, ("MinAtar/", PERMUTED)
# Of all jobs at once; a turn is short beside what is remembered of its job, and long beside an episode.
ROUNDS = 50
SMALL_JOBS, SMALL_STEPS = 200, 5_000


@dataclass(frozen=True)
class Turn:
    """A stretch of work at a job, and what is examined after it.

    Attributes:
      job: its name.
      steps: how many.
      examined: jobs that are then played frozen, and for how many episodes each.
      fresh: a new agent does it.
      whole: it goes on until an episode ends.
    """

    job: str
    steps: int
    examined: tuple[tuple[str, int], ...] = ()
    fresh: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Protocol:
    """What an exam consists of.

    Attributes:
      jobs: in their order, with the steps at each.
      again: how many of the first jobs are met again at the end.
      new: jobs that are met after that, with the steps at each.
      workers: of the fleet; jobs are dealt out to them in turn.
      episodes: that a job is played for while life goes on.
      last_episodes: that it is played for when it has just been learned, and at the end.
      small_jobs, small_steps: how many small jobs there are, and the steps at each.
    """

    jobs: tuple[tuple[str, int], ...]
    again: int
    new: tuple[tuple[str, int], ...]
    workers: int
    episodes: int
    last_episodes: int
    small_jobs: int
    small_steps: int

    @property
    def names(self) -> tuple[str, ...]:
        """Of the jobs."""
        return tuple(job for job, _ in self.jobs)

    @property
    def met(self) -> tuple[tuple[str, int], ...]:
        """What a life meets, one after the other, before what is new at its end."""
        return (*self.jobs, *self.jobs[: self.again])

    @property
    def every(self) -> tuple[str, ...]:
        """Names of all jobs, the new ones too."""
        return (*self.names, *(job for job, _ in self.new))


def scaled(quick: bool = False, scale: float = 1.0) -> Protocol:
    """The exam, or a quick one of four small jobs; steps are multiplied by `scale`."""
    scale = 0.05 * scale if quick else scale
    # Where it is worked for seconds, it is not to be played for minutes.
    episodes = (5, 20) if quick or scale < 0.1 else (20, 100)
    jobs, new = (
        tuple((job, scaled_steps(job, steps, scale)) for job, steps in listed)
        for listed in ((QUICK_JOBS, QUICK_NEW_JOBS) if quick else (JOBS, NEW_JOBS))
    )
    small = max(6, round(SMALL_JOBS * min(1.0, 0.1 if quick else scale * 10)))
    if quick:
        return Protocol(jobs, 1, new, 2, *episodes, small, 2_000)
    return Protocol(jobs, 3, new, 4, *episodes, small, SMALL_STEPS)


def scaled_steps(job: str, steps: int, scale: float) -> int:
    """So many that episodes end."""
    return max(round(scale * steps), LEAST_GAME_STEPS if job.startswith(GAMES) else LEAST_STEPS)


def life(exam: Protocol, fresh: bool = False) -> list[Turn]:
    """All jobs one after the other, then the first ones again; after each, all that were met so far are played. At last
    jobs that are new, each of which is played itself.
    """
    new = [Turn(job, steps, ((job, exam.last_episodes),), fresh) for job, steps in exam.new]
    return [*_one_after_the_other(exam, exam.met, fresh), *new]


def worker(exam: Protocol, number: int) -> list[Turn]:
    """What the worker of a number, from 1, meets in a fleet."""
    return _one_after_the_other(exam, exam.jobs[number - 1 :: exam.workers])


def jointly(exam: Protocol) -> list[Turn]:
    """All jobs at once: in rounds of short turns, each of which ends with an episode. All are played at the end."""
    steps: dict[str, int] = {}
    for job, more in exam.met:
        steps[job] = steps.get(job, 0) + more
    rounds = [Turn(job, -(-many // ROUNDS), whole=True) for _ in range(ROUNDS) for job, many in steps.items()]
    last = rounds[-1]
    return [*rounds[:-1], Turn(last.job, last.steps, _played(exam.names, exam.last_episodes), whole=True)]


def small(exam: Protocol, fresh: bool = False) -> list[Turn]:
    """Many small jobs one after the other, no two alike."""
    names = [f"trainee.jobs.variants:Variant-{number}-v0" for number in range(exam.small_jobs)]
    return [Turn(name, exam.small_steps, fresh=fresh) for name in names]


def _one_after_the_other(exam: Protocol, met: Sequence[tuple[str, int]], fresh: bool = False) -> list[Turn]:
    turns: list[Turn] = []
    for number, (job, steps) in enumerate(met):
        so_far = dict.fromkeys(one for one, _ in met[: number + 1])
        last = number + 1 in (len(met), len(exam.jobs))
        many = {one: exam.last_episodes if last or one == job else exam.episodes for one in so_far}
        turns.append(Turn(job, steps, tuple(many.items()), fresh))
    return turns


def _played(jobs: Sequence[str], episodes: int) -> tuple[tuple[str, int], ...]:
    return tuple((job, episodes) for job in jobs)
