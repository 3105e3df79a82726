"""Between an agent in memory and a checkpoint on disk: trees as named arrays, and back."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from trainee.errors import DamagedPart, DifferentAgent
from trainee.jobs import Codec, from_json, to_json
from trainee.learner import Constants
from trainee.life import levers
from trainee.life.fingerprint import constants_hash
from trainee.life.logbook import Episode, Logbook
from trainee.life.worker import Worker
from trainee.record import Checkpoint, write_identity
from trainee.types import Decision

if TYPE_CHECKING:
    from trainee.life.agent import Agent

Tensors = dict[str, np.ndarray]
IN_LOGBOOK = ("discount", "steps", "unfit", "length", "total", "predicted", "realised", "weight")


def named_arrays(tree: Any, prefix: str = "") -> Tensors:
    """The leaves of a tree by their paths, random keys as their data."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {prefix + _name(path): np.asarray(_raw(leaf)) for path, leaf in leaves}


def restored(template: Any, arrays: Mapping[str, np.ndarray], part: str, prefix: str = "") -> Any:
    """The tree of which `arrays` are the leaves.

    Args:
      template: a tree of the shapes and types to expect.
      arrays: leaves by path.
      part: the checkpoint's part that they come from, for messages.
      prefix: what stands before each path.
    Raises:
      DifferentAgent: a leaf is missing, or is of another shape or type.
    """

    def leaf(path: Any, shape: Any) -> jax.Array:
        name = prefix + _name(path)
        expected = jax.eval_shape(_raw, shape)
        found = arrays.get(name)
        if found is None or found.shape != expected.shape or found.dtype != expected.dtype:
            there = "missing" if found is None else f"{found.dtype}{list(found.shape)}"
            raise DifferentAgent(
                f"part {part!r}: {name} is {there}, where this agent has {expected.dtype}{list(expected.shape)}. It "
                f"was written by an agent of another kind: load it with the version that wrote it"
            )
        array = jnp.array(found)
        return jax.random.wrap_key_data(array) if _is_key(shape) else array

    return jax.tree_util.tree_map_with_path(leaf, template)


def checkpoint(agent: Agent) -> Checkpoint:
    """Everything that an agent is."""
    mind = named_arrays(agent.brain, "brain/")
    for signature, interface in agent.interfaces.items():
        mind |= named_arrays(interface, f"interfaces/{signature}/")
    parts = {"agent": mind}
    for name, worker in agent.workers.items():
        parts[f"streams/{name}"] = _worker_arrays(worker) | named_arrays(agent.streams[name], "stream/")
    about = {
        "step": sum(worker.logbook.steps for worker in agent.workers.values()),
        "seed": agent.seed,
        "width": agent.width,
        "lesions": list(agent.lesions),
        "constants": dataclasses.asdict(agent.constants),
        "version": version("trainee"),
        "workers": {name: _worker_about(worker) for name, worker in agent.workers.items()},
        "notes": copy.deepcopy(agent.notes),
    }
    return Checkpoint(parts, about)


def write_card(home: Path, agent: Agent) -> None:
    """Say in `trainee.toml` what this agent is."""
    write_identity(
        home,
        {
            "version": version("trainee"),
            "constants": constants_hash(agent.constants),
            "width": agent.width,
            "seed": agent.seed,
        },
    )


def constants_of(saved: Checkpoint) -> Constants:
    """The table of numbers that an agent was saved with.

    Raises:
      DifferentAgent: it has other numbers than this version's.
    """
    there, here = saved.about["constants"], {field.name for field in dataclasses.fields(Constants)}
    if there.keys() != here:
        other = ", ".join(sorted(there.keys() ^ here))
        raise DifferentAgent(
            f"the checkpoint was written by version {saved.about['version']} of trainee, whose table of constants is "
            f"another one ({other}): load it with that version"
        )
    return Constants(**there)


def fill(agent: Agent, saved: Checkpoint) -> None:
    """Make a new agent what was saved."""
    mind = saved.parts["agent"]
    lesions = saved.about.get("lesions")
    # Earlier versions wrote `all` down as a name.
    agent.lesions = levers.emotions(lesions) if lesions else ()
    agent.notes = saved.about.get("notes", {})
    for name, about in saved.about["workers"].items():
        codec = Codec(from_json(about["observation_space"]), from_json(about["action_space"]), about["masked"])
        part = f"streams/{name}"
        if part not in saved.parts:
            raise DamagedPart(f"part {part!r} is not in the checkpoint, which has a worker of that name")
        logbook = Logbook(agent.constants.shortest_discount)
        worker = agent.workers[name] = Worker(agent, name, codec, logbook, about["restartable"])
        template = jax.eval_shape(agent.learner(worker.spec).init, jax.random.key(0))
        signature = worker.spec.signature.id
        agent.brain = restored(template.brain, mind, "agent", "brain/")
        agent.interfaces[signature] = restored(template.interface, mind, "agent", f"interfaces/{signature}/")
        agent.streams[name] = restored(template.stream, saved.parts[part], part, "stream/")
        _restore_worker(worker, saved.parts[part], part, about)


def _worker_arrays(worker: Worker) -> Tensors:
    episodes = [dataclasses.astuple(episode) for episode in worker.logbook.episodes]
    arrays = {"episodes": np.array(episodes, np.float64).reshape(-1, 5)}
    if worker.decision is not None:
        arrays |= named_arrays(worker.decision, "decision/") | named_arrays(worker.newest, "newest/")
    return arrays | {f"job/{name}": array for name, array in (worker.job_state or {}).items()}


def _worker_about(worker: Worker) -> dict[str, Any]:
    return {
        "observation_space": to_json(worker.codec.observation_space),
        "action_space": to_json(worker.codec.action_space),
        "masked": worker.spec.masked,
        "restartable": worker.spec.restartable,
        "logbook": {name: getattr(worker.logbook, name) for name in IN_LOGBOOK},
        "episode_over": worker.episode_over,
        "broken": worker.broken,
    }


def _restore_worker(worker: Worker, arrays: Mapping[str, np.ndarray], part: str, about: Mapping[str, Any]) -> None:
    episodes = [Episode(int(step), int(length), *map(float, rest)) for step, length, *rest in arrays["episodes"]]
    worker.logbook = Logbook(episodes=episodes, **about["logbook"])
    worker.episode_over, worker.broken = about["episode_over"], about["broken"]
    worker.job_state = {name.removeprefix("job/"): a for name, a in arrays.items() if name.startswith("job/")} or None
    if "decision/action" in arrays:
        example = worker.learner.example()
        worker.newest = jax.tree.map(np.asarray, restored(example, arrays, part, "newest/"))
        answer: dict[str, Any] = {f.name: arrays[f"decision/{f.name}"] for f in dataclasses.fields(Decision)}
        worker.decision = Decision(**answer)


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _raw(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf
