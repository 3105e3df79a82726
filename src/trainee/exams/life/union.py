"""Union: the workers of a fleet become one agent, by imitation, as `trainee merge` does it, or by arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from trainee import record
from trainee.errors import UnfitLessons
from trainee.exams.life.log import Played, played, write_played
from trainee.exams.life.ties import mean, ties
from trainee.fleet import reunited, sources
from trainee.fleet.reunion import size
from trainee.learner import Interface, Learned
from trainee.learner.running import unit
from trainee.life import Agent

Arithmetic = Callable[[Any, Sequence[Any]], Any]
ARITHMETIC: dict[str, Arithmetic] = {"weight averaging": mean, "TIES": ties}


def united(arm: str, homes: Sequence[Path], jobs: Sequence[str], episodes: int, folder: Path) -> None:
    """Merge the agents in some homes and have the one that comes of it play every job, frozen.

    Args:
      arm: `ours` or one of `ARITHMETIC`.
      homes: of the workers.
      jobs: of all of them.
      episodes: of each job.
      folder: where what came of it is logged.
    """
    begun_s = time.perf_counter()
    with record.lock(folder):
        left = [job for job in jobs if job not in played(folder)]
        agent, why = _ours(homes, episodes) if arm == "ours" else _by_arithmetic(ARITHMETIC[arm], homes)
        sizes = (size(agent), max(size(Agent.load(home)) for home in homes)) if agent is not None else (0, 0)
        for job in left:
            returns = list(agent.evaluate(job, episodes).returns) if agent is not None else []
            write_played(folder, Played(job, returns, why.get(job, ""), time.perf_counter() - begun_s, *sizes))


def _ours(homes: Sequence[Path], episodes: int) -> tuple[Agent | None, dict[str, str]]:
    try:
        found = reunited(*sources(homes), episodes=episodes)
    except UnfitLessons as error:
        return None, {job: str(error) for home in homes for job in Agent.load(home).workers}
    return found.agent, {refusal.job: refusal.why for refusal in found.refusals if refusal.job is not None}


def _by_arithmetic(arithmetic: Arithmetic, homes: Sequence[Path]) -> tuple[Agent, dict[str, str]]:
    return arithmetically_merged(arithmetic, [Agent.load(home) for home in homes]), {}


def arithmetically_merged(arithmetic: Arithmetic, agents: Sequence[Agent]) -> Agent:
    """One agent: its brain is what the arithmetic makes of theirs, and so is an interface that several have.

    Each worker's stream is taken over as it is.
    """
    ancestor = Agent(agents[0].seed, agents[0].width, agents[0].constants)
    for agent in agents:
        for name, worker in agent.workers.items():
            ancestor.add_worker(name, worker.codec, worker.spec.restartable)
    merged = ancestor
    brains = [agent.brain for agent in agents if agent.brain is not None]
    assert merged.brain is not None
    merged.brain = _learned(arithmetic, merged.brain, brains)
    for signature, begun in list(merged.interfaces.items()):
        own = [agent.interfaces[signature] for agent in agents if signature in agent.interfaces]
        merged.interfaces[signature] = own[0] if len(own) == 1 else _interface(arithmetic, begun, own)
    for agent in agents:
        merged.streams.update(agent.streams)
    return merged


def _learned(arithmetic: Arithmetic, begun: Learned, parts: Sequence[Learned]) -> Learned:
    slow = arithmetic(begun.slow, [part.slow for part in parts])
    return Learned(slow, jax.tree.map(jnp.array, slow), begun.moments)


def _interface(arithmetic: Arithmetic, begun: Interface, interfaces: Sequence[Interface]) -> Interface:
    """Interfaces of one signature, merged in the largest of their units."""
    peak = jnp.max(jnp.stack([interface.peak for interface in interfaces]))

    def in_unit(interface: Interface) -> Learned:
        encoder, heads, acting = interface.learned.slow
        heads = jax.tree.map(lambda leaf: leaf * unit(interface.peak) / unit(peak), heads)
        return Learned(None, (encoder, heads, acting), None)

    learned = _learned(arithmetic, begun.learned, [in_unit(interface) for interface in interfaces])
    return eqx.tree_at(lambda i: (i.learned, i.peak), interfaces[0], (learned, peak))
