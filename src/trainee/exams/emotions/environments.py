"""The environments: generated worlds, classic control, MinAtar and bsuite's small ones, all in JAX."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

from trainee.errors import InvalidArgument, MissingExtra
from trainee.jobs import JaxJob, make
from trainee.jobs.naming import GYMNAX as PREFIX
from trainee.jobs.worlds import FAMILIES

# Two worlds of each family. A search for constants draws its worlds otherwise, so that it has not seen these.
NUMBERS = (101, 102)
WORLD_STEPS = 5_000
GYMNAX = {
    "CartPole-v1": 10_000,
    "Acrobot-v1": 20_000,
    "MountainCar-v0": 20_000,
    "Pendulum-v1": 10_000,
    "MountainCarContinuous-v0": 20_000,
    "Breakout-MinAtar": 10_000,
    "Asterix-MinAtar": 10_000,
    "SpaceInvaders-MinAtar": 10_000,
    "Freeway-MinAtar": 20_000,
    "Catch-bsuite": 10_000,
    "DeepSea-bsuite": 10_000,
    "DiscountingChain-bsuite": 10_000,
    "MemoryChain-bsuite": 5_000,
    "UmbrellaChain-bsuite": 5_000,
    "SimpleBandit-bsuite": 5_000,
    "BernoulliBandit-misc": 5_000,
}
# Below, hardly an episode ends in them.
LEAST_STEPS = 10


class Environment(NamedTuple):
    """An environment, and the time steps that an agent works at it, the first ones of episodes included."""

    name: str
    steps: int

    @property
    def folder(self) -> str:
        """What its results are kept under."""
        return self.name.replace(":", "-").replace("/", "-")

    def job(self) -> JaxJob:
        """The job itself, made anew.

        Raises:
          UnknownJob: nothing goes by this name.
          InvalidArgument: it is no JAX job.
        """
        made = getattr(make(self.name), "job", None)
        if not isinstance(made, JaxJob):
            raise InvalidArgument(
                f"{self.name} is no job in JAX, and only these can be worked at by many seeds at once"
            )
        return made


ENVIRONMENTS = (
    *(Environment(f"worlds:{family}-{number}", WORLD_STEPS) for family in FAMILIES for number in NUMBERS),
    *(Environment(f"gymnax:{name}", steps) for name, steps in GYMNAX.items()),
)
# One of each family, and a few whose episodes are short.
QUICK = tuple(
    [f"worlds:{family}-{NUMBERS[0]}" for family in FAMILIES]
    + [f"gymnax:{name}" for name in ("CartPole-v1", "Catch-bsuite", "UmbrellaChain-bsuite", "BernoulliBandit-misc")]
)


def scaled(names: Sequence[str], scale: float) -> tuple[Environment, ...]:
    """Those of some names, or all where none is given, with a share of their usual steps. A JAX job that the exam does
    not have by itself is worked at for as long as a world.

    Raises:
      InvalidArgument: a share that leaves no steps, a name that is given twice, or one of what is no JAX job.
      UnknownJob: nothing goes by a name.
      MissingExtra: gymnax is needed and not installed; asked for before a long run.
    """
    if len(set(names)) < len(names):
        raise InvalidArgument(f"each environment is to be named once, not {', '.join(names)}")
    known = {one.name: one for one in ENVIRONMENTS}
    wanted = [known.get(name, Environment(name, WORLD_STEPS)) for name in names or known]
    wanted = [one._replace(steps=round(one.steps * scale)) for one in wanted]
    for one in wanted:
        if one.steps < LEAST_STEPS:
            raise InvalidArgument(f"{one.name} is left with {one.steps} steps: give a larger share of the usual steps")
        if one.name.startswith(PREFIX) and find_spec("gymnax") is None:
            raise MissingExtra("gymnax", "jax-jobs", "the exam of emotions")
        if one.name not in known:
            one.job()
    return tuple(wanted)
