"""The shelf: where the lessons of an agent are kept, a folder for each of its workers.

Lessons are moved between processes by the path of such a folder. It is written as a checkpoint is, all or nothing, with
the hash of what it holds; to keep the same lessons twice is to keep them once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trainee import record
from trainee.errors import DamagedPart, DifferentAgent, NewerFormat, NothingSaved, RecordError, UnfitLessons
from trainee.fleet.lessons import Lessons, checked, digest, table
from trainee.fleet.provenance import Provenance, ancestor
from trainee.learner import Learner, actor
from trainee.learner.running import init_normaliser
from trainee.life import Agent
from trainee.life.saving import named_arrays, restored
from trainee.record.parts import folder

logger = logging.getLogger("trainee.fleet")

PART = "lessons"
FORMAT = 1


def place(home: Path, worker: str) -> Path:
    """The folder of a worker's lessons in a home."""
    return home / PART / Path(folder(f"streams/{worker}")).name


def keep(lessons: Lessons, at: Path) -> str:
    """Keep lessons in a folder, in the place of those that were there.

    Returns:
      their hash, sha256 in hexadecimal; the same lessons have the same one.
    Raises:
      SaveFailed: there is no room, or the disk does not answer; the old ones stand.
    """
    arrays = named_arrays(_tree(lessons))
    about = {"kind": PART, "lessons": FORMAT, "provenance": lessons.provenance.to_json(), "count": len(lessons)}
    saved = record.save(at, record.Checkpoint({PART: arrays}, about))
    # They are taken again where they are lost, and two generations would take twice the room.
    record.forget_previous(at)
    return saved.parts[PART].sha256


def read(at: Path, agent: Agent, learner: Learner) -> Lessons:
    """The lessons kept in a folder, for an agent to learn from.

    Args:
      at: the folder.
      agent: who is to learn.
      learner: of the kind of job that they are to be of.
    Raises:
      NothingSaved, DamagedPart: there are none, or they are truncated or altered; which file, and what to do.
      NewerFormat: a later version wrote them.
      DifferentAgent: they are of another ancestor, or of another signature.
      UnfitLessons: they are empty, or hold what is no number.
    """
    saved = record.load(at)
    about = _provenance(at, saved.about)
    if about.ancestor != ancestor(agent):
        raise DifferentAgent(
            f"the lessons in {at} are of another ancestor: they come from an agent of seed {about.seed}, width "
            f"{about.width} and constants {about.constants}, and this one has seed {agent.seed} and width "
            f"{agent.width}. Only agents that descend from one can learn from each other"
        )
    spec = learner.spec
    here = spec.signature.id, spec.masked, spec.restartable
    if (about.signature, about.masked, about.restartable) != here:
        raise DifferentAgent(
            f"the lessons in {at} are of another kind of job than is asked for: of {about.job!r}, signature "
            f"{about.signature}, where {spec.signature.id} is wanted. Give lessons of a job with the same spaces"
        )
    count = int(saved.about.get("count", 0))
    template = jax.eval_shape(lambda: _template(learner, count))
    tree = jax.tree.map(np.asarray, restored(template, saved.parts[PART], PART))
    return checked(Lessons(about, **tree))


def newest(home: Path, agent: Agent, worker: str) -> Lessons:
    """The lessons of a worker as it is now: those kept in its home, or new ones where it has worked on since, or where
    there are none that can be learned from; why not is logged.

    Raises:
      UnfitLessons: as `digest`.
    """
    return of_today(home, agent, worker) or digest(agent, worker)


def of_today(home: Path, agent: Agent, worker: str) -> Lessons | None:
    """The lessons of a worker that are kept in its home; None where it has worked on since, or where there are none
    that can be learned from. What is wrong with them is logged.
    """
    lessons = readable(home, agent, worker)
    of_now = lessons is not None and lessons.provenance.steps == agent.workers[worker].logbook.steps
    return lessons if of_now else None


def readable(home: Path, agent: Agent, worker: str) -> Lessons | None:
    """The lessons of a worker that are kept in its home, be they older than it; None where there are none that can be
    learned from. What is wrong with them is logged.
    """
    try:
        return read(place(home, worker), agent, agent.workers[worker].learner)
    except NothingSaved:
        return None
    except RecordError as error:
        logger.warning("lessons of %r are not learned from, and are to be taken anew: %s", worker, error)
        return None


def provenance_at(at: Path) -> Provenance:
    """Where the lessons in a folder come from; reads no more than that.

    Raises:
      NothingSaved, DamagedPart, NewerFormat: as `read`.
      UnfitLessons: the folder holds something else.
    """
    return _provenance(at, record.describe(at).about)


def _provenance(at: Path, about: Mapping[str, Any]) -> Provenance:
    if about.get("kind") != PART:
        raise UnfitLessons(f"{at} holds no lessons but an agent: give the folder of one of its workers' lessons")
    written = about.get("lessons")
    if not isinstance(written, int) or written > FORMAT:
        raise NewerFormat(
            f"the lessons in {at} were written by a later version: they have format {written}, and this version of "
            f"trainee reads formats up to {FORMAT}. Upgrade trainee, or take them again with this one"
        )
    try:
        return Provenance.from_json(about["provenance"])
    except (KeyError, TypeError) as error:
        raise DamagedPart(f"the lessons in {at} do not say where they come from: {error}. Take them again") from None


def _tree(lessons: Lessons) -> dict[str, Any]:
    names = ("observation", "allowed", "utilities", "decided", "normaliser", "peak", "codes", "plan")
    return {name: getattr(lessons, name) for name in names}


def _template(learner: Learner, count: int) -> dict[str, Any]:
    signature, cells = learner.spec.signature, table(learner)
    single = learner.experience().step.observation
    return {
        "observation": jax.tree.map(lambda leaf: jnp.zeros((count, *leaf.shape), leaf.dtype), single),
        "allowed": jnp.zeros((count, *cells), bool),
        "utilities": jnp.zeros((count, learner.all_heads, *cells)),
        "decided": jnp.zeros((count, len(signature.choices))),
        "normaliser": init_normaliser(learner.perception.measured),
        "peak": jnp.zeros(()),
        "codes": jnp.zeros((count, cells[1], actor.numbers(signature))) if learner.on_lines else None,
        "plan": jnp.zeros((count, actor.plan_numbers(signature))) if learner.on_lines else None,
    }
