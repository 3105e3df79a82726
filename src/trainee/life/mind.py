"""The mind: one brain, its interfaces, the streams of its workers, and who has them in hand."""

from __future__ import annotations

import functools
import re
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import jax
from jaxtyping import PRNGKeyArray

from trainee.errors import InvalidArgument
from trainee.jobs import Codec, Job
from trainee.learner import Constants, Interface, Learned, Learner, State, Stream
from trainee.life import levers
from trainee.life.compiled import compiled
from trainee.life.logbook import Logbook
from trainee.life.policy import Policy
from trainee.life.runtime import prepare
from trainee.life.whole import whole
from trainee.life.worker import Worker
from trainee.types import JobSpec

MOST_WIDTH = 2**14
MOST_SEED = 2**31 - 1

P = ParamSpec("P")
R = TypeVar("R")


def alone(method: Callable[P, R]) -> Callable[P, R]:
    """A method during which no other thread has the mind in hand."""

    @functools.wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        mind: Any = args[0]
        with mind.lock:
            return method(*args, **kwargs)

    return called


@dataclass(eq=False)
class Mind:
    """What an agent is apart from what one asks of it; see `Agent`.

    Attributes:
      lock: held by the thread that has the mind in hand: what a step writes in place is gone for every other.
      notes: what companions of an agent go by, each under its name, as plain JSON: it is saved and loaded with it.
    """

    seed: int = 0
    width: int = 64
    constants: Constants = field(default_factory=Constants)

    def __post_init__(self) -> None:
        self.seed, self.width = whole("seed", self.seed, 0, MOST_SEED), whole("width", self.width, 1, MOST_WIDTH)
        prepare()
        self.lock = threading.RLock()
        self.brain: Learned | None = None
        self.interfaces: dict[str, Interface] = {}
        self.streams: dict[str, Stream] = {}
        self.workers: dict[str, Worker] = {}
        self.lesions: tuple[str, ...] = ()
        self.notes: dict[str, dict[str, Any]] = {}
        self._at_work: Worker | None = None

    @alone
    def __getstate__(self) -> dict[str, Any]:
        """What a copy is made of, which has a lock of its own."""
        self.gather()
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, lock=threading.RLock())

    def learner(self, spec: JobSpec) -> Learner:
        """The pure functions that this agent learns with at a job of this kind."""
        return Learner(spec, self.width, constants=self.constants)

    def check_worker(self, name: str, codec: Codec) -> None:
        """Whether a worker of this name may work at this kind of job.

        Raises:
          InvalidArgument: it is no name that could be saved, or a worker of that name has worked at another kind.
        """
        known = self.workers.get(checked_name(name))
        if known is not None and known.logbook.steps and known.codec.spec != codec.spec:
            raise InvalidArgument(
                f"worker {name!r} of this agent has worked at another kind of job: {_kind(known.codec)}, where this "
                f"one has {_kind(codec)}. Give the worker another name, or let an agent in another home do it"
            )

    @alone
    def forget_worker(self, name: str) -> None:
        """Let a worker go, with its stream, and the interface that no other worker has."""
        self.gather()
        gone = self.workers.pop(name).spec.signature.id
        del self.streams[name]
        if all(worker.spec.signature.id != gone for worker in self.workers.values()):
            del self.interfaces[gone]

    @alone
    def add_worker(self, name: str, codec: Codec, restartable: bool = False) -> Worker:
        """A new worker, with an interface for its signature where there is none yet, and an empty stream."""
        worker = Worker(self, name, codec, Logbook(self.constants.shortest_discount), restartable)
        made, signature = compiled(self.learner(worker.spec)), worker.spec.signature.id
        if self.brain is None:
            self.brain = made.init_brain(self._key("brain"))
        if signature not in self.interfaces:
            self.interfaces[signature] = made.init_interface(self._key(f"interface {signature}"))
        self.streams[name] = made.init_stream(self._key(f"stream {name}"))
        self.workers[name] = worker
        if self.lesions:
            levers.hold(self, levers.lesioned(self.lesions), name)
        return worker

    @alone
    def hand_over(self, worker: Worker) -> tuple[Any, ...]:
        """The state that a worker is to go on from, as buffers that it may write in place.

        The agent has one brain: one worker at a time has it in hand.

        Raises:
          InvalidArgument: the agent has no such worker any more.
        """
        if self.workers.get(worker.name) is not worker:
            raise InvalidArgument(
                f"worker {worker.name!r}, which had made no step, was replaced by one at another kind of job: use the "
                f"worker that deploy returned last, or give each a name of its own"
            )
        self.gather()
        self._at_work = worker
        return compiled(self.learner(worker.spec)).pack(self.state_of(worker))

    @alone
    def gather(self) -> None:
        """Take back what the worker at work has learned."""
        worker = self._at_work
        if worker is None or worker.buffers is None:
            return
        state = compiled(self.learner(worker.spec)).unpack(worker.buffers)
        self.brain, self.interfaces[worker.spec.signature.id] = state.brain, state.interface
        self.streams[worker.name] = state.stream
        worker.buffers = self._at_work = None

    def state_of(self, worker: Worker) -> State:
        """All that a worker is. What one at work has learned is in it once it was gathered."""
        assert self.brain is not None
        return State(self.brain, self.interfaces[worker.spec.signature.id], self.streams[worker.name])

    @alone
    def policy_at(self, opened: Job, name: str, seed: int = 0) -> Policy:
        """The mind, frozen as it is now, at a job: by the worker of that name, or by the one that knows its like best.

        Args:
          opened: the job.
          name: of the worker.
          seed: of what is drawn.
        Raises:
          InvalidArgument: the worker of that name has worked at another kind of job.
        """
        self.gather()
        self.check_worker(name, opened.codec)
        worker = self.workers.get(name)
        if worker is None or worker.codec.spec != opened.codec.spec:
            worker = self._most_experienced(opened.spec)
        if worker is not None:
            return self.policy_of(worker, seed)
        learner = self.learner(opened.spec)
        key = self._key(f"interface {opened.spec.signature.id}")
        brain = self.brain or learner.init_brain(self._key("brain"))
        state = State(brain, learner.init_interface(key), learner.init_stream(self._key(f"stream {name}")))
        return Policy(learner, opened.codec, state, seed)

    @alone
    def policy_of(self, worker: Worker, seed: int = 0) -> Policy:
        """The mind, frozen as it is now, as a worker has it."""
        self.gather()
        return Policy(self.learner(worker.spec), worker.codec, self.state_of(worker), seed)

    def _most_experienced(self, spec: JobSpec) -> Worker | None:
        """The worker with the most steps at a job of this kind: what is usual there, its stream knows best."""
        alike = [worker for worker in self.workers.values() if worker.codec.spec == spec]
        return max(alike, key=lambda worker: worker.logbook.steps, default=None)

    def _key(self, purpose: str) -> PRNGKeyArray:
        return jax.random.fold_in(jax.random.key(self.seed), zlib.crc32(purpose.encode()))


def checked_name(name: Any) -> str:
    """The name of a worker.

    Raises:
      InvalidArgument: it is none, or one that could not be saved.
    """
    if not isinstance(name, str) or not name or re.search(r"[\ud800-\udfff]", name):
        raise InvalidArgument(
            f"a worker's name must be a text of one character or more, which UTF-8 can hold, not {name!r}: the worker "
            f"is saved under it"
        )
    return name


def _kind(codec: Codec) -> str:
    masks = " with action masks" if codec.masked else ""
    return f"{codec.observation_space} and {codec.action_space}{masks}"
