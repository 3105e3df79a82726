"""From what a person names to a job: an id, an environment, a function that makes one, or a JAX job."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator, parse_env_id

from trainee.errors import InvalidArgument, JobFailed, UnknownJob
from trainee.jobs.contract import RAISED, JaxJob, Job
from trainee.jobs.dm_env import DmEnv, DmEnvJob
from trainee.jobs.gymnasium import GymnasiumJob
from trainee.jobs.gymnax import gymnax_job
from trainee.jobs.jax import HostJaxJob
from trainee.jobs.nearness import near_matches
from trainee.jobs.worlds import PREFIX as WORLDS
from trainee.jobs.worlds import world

GYMNAX = "gymnax:"

# Ids that begin so come from packages that Gymnasium does not load by itself: the module, and what to install.
PACKAGES = {
    "ALE/": ("ale_py", "ale-py"),
    "MiniGrid-": ("minigrid", "minigrid"),
    "BabyAI-": ("minigrid", "minigrid"),
    "dm_control/": ("shimmy", "shimmy[dm-control]"),
    "highway-": ("highway_env", "highway-env"),
    "MinAtar/": ("minatar.gym", "minatar"),
    "bsuite/": ("trainee.jobs.behaviour", "bsuite"),
}


def make(job: Any, seed: int = 0, render: bool = False) -> Job:
    """A job, from what a person calls it.

    Args:
      job: a Gymnasium id (`module:Name-v0` imports the module first), `gymnax:Name` for an environment of gymnax,
        `worlds:forage-7` for a generated world, an environment, one of dm_env, a class or function that makes one when
        called without arguments, a JAX job or an environment of gymnax, or a job, which is returned as it is.
      seed: of its first reset.
      render: it is to give pictures; only for ids.

    Raises:
      UnknownJob: nothing goes by this name, with near ones; or what it needs is not installed, with how to install it.
      UnsupportedSpace: says which part, and what to wrap it in.
      JobFailed: making the environment raised.
      InvalidArgument: it is nothing that a job could be made of.
    """
    if isinstance(job, str):
        if job.startswith(GYMNAX):
            return HostJaxJob(gymnax_job(job.removeprefix(GYMNAX)), seed, job)
        if job.startswith(WORLDS):
            return HostJaxJob(world(job), seed, job)
        return GymnasiumJob(make_env(job, render), seed)
    made = _job(job, seed)
    if made is None and callable(job):
        made = _job(_called(job, getattr(job, "__name__", repr(job))), seed)
    if made is None:
        raise InvalidArgument(f"{job!r} is no job: give an id, an environment, a function that makes one, or a JAX job")
    return made


def look_up(name: str) -> None:
    """Whether a job goes by a name, without making one.

    Raises:
      UnknownJob, JobFailed, InvalidArgument, UnsupportedSpace: as `make`.
    """
    if name.startswith(GYMNAX):
        gymnax_job(name.removeprefix(GYMNAX))
    elif name.startswith(WORLDS):
        world(name)
    else:
        _spec(name)


def make_env(name: str, render: bool = False) -> gymnasium.Env:
    """The environment of an id, without Gymnasium's own passive checks, which cost time at every step.

    Raises:
      UnknownJob, JobFailed, InvalidArgument: as `make`.
    """
    spec = _spec(name)
    if render:
        _check_pictures(name, spec)
    pictures: dict[str, Any] = {"render_mode": "rgb_array"} if render else {}
    return _called(lambda: gymnasium.make(spec, disable_env_checker=True, **pictures), name)


def _job(made: Any, seed: int) -> Job | None:
    # The protocols are looked for last: asking whether a job has a spec may reset it.
    if isinstance(made, GymnasiumJob | HostJaxJob | DmEnvJob):
        return made
    if isinstance(made, gymnasium.Env):
        return GymnasiumJob(made, seed)
    if isinstance(made, gymnasium.vector.VectorEnv):
        raise InvalidArgument(f"{made} is many environments, where one is wanted: read it with trainee.jobs.VectorJob")
    if isinstance(made, DmEnv) and not isinstance(made, type):
        return DmEnvJob(made)
    if hasattr(made, "step_env") and hasattr(made, "default_params"):
        return HostJaxJob(gymnax_job(made), seed)
    if isinstance(made, type) or not isinstance(made, Job | JaxJob):
        return None
    return made if isinstance(made, Job) else HostJaxJob(made, seed)


def _spec(name: str) -> EnvSpec:
    module, _, env_id = name.rpartition(":")
    if module:
        _import(module, name)
    elif name not in gymnasium.registry:
        _import_package(name)
    try:
        parse_env_id(env_id)
    except gymnasium.error.Error as error:
        raise UnknownJob(f"{name!r} is no id, which looks like CartPole-v1 or module:Name-v0") from error
    spec = gymnasium.registry.get(env_id)
    if spec is None:
        raise UnknownJob(f"no environment is called {env_id!r}{near_matches(env_id, gymnasium.registry)}")
    return spec


def _import(module: str, name: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise UnknownJob(
            f"{name!r} cannot be looked up: importing {module!r} raised {error!r}. Install what is missing, or run "
            f"where the module can be imported"
        ) from error
    except RAISED as error:
        raise JobFailed(f"{name!r} cannot be looked up: importing {module!r} raised {error!r}") from error


def _import_package(name: str) -> None:
    for prefix, (module, package) in PACKAGES.items():
        if name.startswith(prefix):
            if importlib.util.find_spec(module.partition(".")[0]) is None:
                raise UnknownJob(f"{name!r} comes with {package}, which is not installed: pip install '{package}'")
            _import(module, name)
            if name not in gymnasium.registry:
                # Some register nothing as they are imported.
                getattr(importlib.import_module(module), "register_envs", lambda: None)()


def _check_pictures(name: str, spec: EnvSpec) -> None:
    creator = _called(lambda: load_env_creator(spec.entry_point) if isinstance(spec.entry_point, str) else None, name)
    modes = getattr(creator or spec.entry_point, "metadata", {}).get("render_modes", ["rgb_array"])
    if "rgb_array" not in modes:
        raise InvalidArgument(f"{name} gives no pictures: its render modes are {list(modes)}, without rgb_array")


def _called(make_it: Callable[[], Any], name: str) -> Any:
    try:
        return make_it()
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise UnknownJob(f"{name} cannot be made, as something that it needs is not installed: {error}") from error
    except RAISED as error:
        raise JobFailed(f"{name} cannot be made: it raised {type(error).__name__}: {error}") from error
