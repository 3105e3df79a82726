"""Whether an environment is fit to learn from, and why not."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
from gymnasium.utils.env_checker import check_env

from trainee.errors import InvalidArgument, JobError, JobFailed, UnsupportedSpace
from trainee.jobs.contract import RAISED, JaxJob
from trainee.jobs.findings import Finding, Report
from trainee.jobs.gymnasium import GymnasiumJob
from trainee.jobs.jax import HostJaxJob
from trainee.jobs.jax_env import JaxEnv
from trainee.jobs.naming import make
from trainee.jobs.play import Play
from trainee.jobs.random_play import play, repeats
from trainee.jobs.spaces import Codec
from trainee.jobs.symptoms import SYMPTOMS

CHECK_STEPS = 2000
ORDER = {"error": 0, "warning": 1, "note": 2}


def check(
    env: str | gymnasium.Env | Callable[[], gymnasium.Env] | GymnasiumJob | JaxJob, steps: int = CHECK_STEPS
) -> Report:
    """Check an environment: what Gymnasium's own checker says, then what random play shows that hurts learning.

    A bad environment is reported, whatever it does; it raises nothing here.

    Args:
      env: an id, an environment, a function that makes one, or a JAX job. An environment that is passed is reset and
        played with.
      steps: of random play.

    Raises:
      InvalidArgument: `steps` is not positive, or `env` is no environment.
      UnknownJob: no environment has this id, or what it needs is not installed.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InvalidArgument(f"steps must be a whole number of 1 or more, not {steps!r}")
    name = env if isinstance(env, str) else getattr(env, "__name__", type(env).__name__)
    try:
        job = make(env)
    except JobFailed as failure:
        return _hopeless(name, failure, "there is nothing to learn from", "mend the environment")
    except UnsupportedSpace as unsupported:
        return _hopeless(name, unsupported, "the agent cannot read or write it", "wrap the environment as it says")
    if isinstance(job, HostJaxJob):
        job = GymnasiumJob(JaxEnv(job.job), name=job.name)
    if not isinstance(job, GymnasiumJob):
        raise InvalidArgument(f"{name} is no Gymnasium environment and no JAX job, which is what can be checked")
    try:
        return _report(job, steps)
    finally:
        if job is not env and job.env is not env:
            with contextlib.suppress(Exception):
                job.close()


def _report(job: GymnasiumJob, steps: int) -> Report:
    env = job.env
    findings = list(_said_by_gymnasium(env))
    codec = Codec(env.observation_space, env.action_space)
    played = play(env, codec, steps)
    for symptom in SYMPTOMS:
        findings += symptom(played)
    findings += _unrepeatable(env, played)
    findings.sort(key=lambda finding: ORDER[finding.level])
    return Report(job.name, played.steps, tuple(findings))


def _unrepeatable(env: gymnasium.Env, played: Play) -> Iterator[Finding]:
    if played.raised is not None:
        return
    try:
        if repeats(env, played):
            return
        what = "the same seed and the same actions brought something else the second time"
    except RAISED as error:
        what = f"played once more from the same seed, it raised {type(error).__name__}: {error}"
    yield Finding(
        "warning",
        what,
        "no run can be repeated, or resumed as it was",
        "draw all that is random from self.np_random, and call super().reset(seed=seed) first in reset",
    )


def _hopeless(name: str, error: JobError, why: str, remedy: str) -> Report:
    return Report(name, 0, (Finding("error", str(error), why, remedy),))


def _said_by_gymnasium(env: gymnasium.Env) -> Iterator[Finding]:
    """What Gymnasium's own checker says. It stops at the first thing that is wrong."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            check_env(env, skip_render_check=True, skip_close_check=True)
            stopped = None
        except RAISED as error:
            stopped = f"{type(error).__name__}: {error}"
    told = list(dict.fromkeys(_plain(warning.message) for warning in caught))
    for message in told:
        if "is different from the unwrapped version" not in message:
            yield _advice(message)
    if stopped is not None:
        yield Finding(
            "warning",
            f"Gymnasium's checker stops with {stopped}",
            "other programs may not work with the environment, and what it would check next is not known",
            "mend what it names, and check again",
        )


def _plain(message: Any) -> str:
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", str(message))
    return uncoloured.removeprefix("WARN: ")


def _advice(message: str) -> Finding:
    what = f"Gymnasium's checker says: {message}"
    if "infinity. This is probably too" in message or "symmetric and normalized" in message:
        why = "some learners depend on bounds and units; this one scales by what it sees"
        return Finding("note", what, why, "nothing, for this agent")
    return Finding("warning", what, "it breaks Gymnasium's rules, on which other programs rely", "do as it says")
