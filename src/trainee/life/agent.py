"""The agent: what a user asks of a mind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsIndex

import gymnasium

from trainee import record
from trainee.errors import DamagedPart, DifferentAgent, InvalidArgument
from trainee.jobs import Codec, make
from trainee.life import levers, saving
from trainee.life.callbacks import Callback, OnStep, Progress, TensorBoard, listeners
from trainee.life.evaluation import LONGEST_EPISODE, Evaluation, evaluated
from trainee.life.hindsight import Hindsight, hindsight
from trainee.life.host import Guard
from trainee.life.mind import MOST_SEED, Mind, alone
from trainee.life.policy import Policy
from trainee.life.stint import Stint
from trainee.life.stretch import JobLike, close, name_of, worked
from trainee.life.whole import whole
from trainee.life.worker import Worker

MOST_STEPS = 10**12
EVALUATION_SEED = MOST_SEED


@dataclass(eq=False)
class Agent(Mind):
    """An agent that learns a job by doing it.

    Threads may share it: one at a time has it in hand, and what they do side by side is done in turns, in any order.

    Args:
      seed: everything random about it follows from this; from 0 to 2³¹ − 1.
      width: units in each layer; the size of the brain.
      constants: the table of numbers, the same for every job.
    """

    def learn(
        self,
        job: JobLike,
        steps: SupportsIndex,
        *,
        name: str | None = None,
        callbacks: Sequence[Callback] = (),
        on_step: Callable[..., bool | None] | None = None,
        progress: bool = False,
        tensorboard: str | Path | None = None,
        guard: Guard | None = None,
        restartable: bool | None = None,
    ) -> Stint:
        """Go to work at a job for a number of steps, learning at each.

        Args:
          job: a Gymnasium id (`module:Name-v0` imports the module first), an environment, a class or function that
            makes one, a JAX job, a job, or a vector environment. An environment that is made as the one was where the
            worker stands in an episode, or that was not touched since, is put back to there, its attributes replaced by
            copies; any other one begins an episode, and one with other settings says so with a warning.
          steps: calls to the environment's `step`, those left out that brought nothing fit to learn from; at a vector
            environment those of all its streams together.
          name: what the worker's stream is kept under; by default the id, or the job's name. A known name goes on where
            it stood. The streams of a vector environment are `name/0`, `name/1` and so on, each with a worker.
          callbacks: told of every step and episode.
          on_step: `on_step(work, time_step, decision)`, called after every step; returning False ends the stretch.
          progress: show a line on the terminal.
          tensorboard: folder to write curves to.
          guard: what stands between a decision and the job.
          restartable: episodes may be ended early, and the agent gives up those that are not worth finishing. By
            default as the worker was before, and a new one may not. Not at vector environments.
        Returns:
          what the stretch came to.
        Raises:
          InvalidArgument: `steps` is no whole number from 1 to 10¹², a worker of that name has other spaces, or the
            guard gave no action that can be taken; what was learned until then is kept.
          UnknownJob, UnsupportedSpace: the job cannot be worked at.
          JobFailed: the job raised, or kept saying unfit things. What was learned until then is kept.
          KeyboardInterrupt: Ctrl-C, after the step under way; nothing is lost. A second one does not wait for it.
        """
        steps, hearing = whole("steps", steps, 1, MOST_STEPS), listeners(callbacks)
        hearing += [OnStep(on_step)] if on_step else []
        hearing += [Progress()] if progress else []
        hearing += [TensorBoard(tensorboard)] if tensorboard else []
        return worked(self, job, steps, name, hearing, guard, restartable)

    def evaluate(
        self,
        job: JobLike,
        episodes: SupportsIndex = 20,
        *,
        name: str | None = None,
        seed: SupportsIndex = EVALUATION_SEED,
        video: str | Path | None = None,
        longest: SupportsIndex = LONGEST_EPISODE,
    ) -> Evaluation:
        """How well the agent, frozen as it is now, does a job.

        Args:
          job: as in `learn`. One at which it never worked is met by an untrained interface, unless it has worked at one
            with the same spaces.
          episodes: how many to play.
          name: the worker whose stream is used; by default the job's name.
          seed: of the environment; by default one that no work uses.
          video: an `.mp4` or `.gif` to film the first episode into.
          longest: steps after which an episode is cut.
        Returns:
          mean return, its interval, each episode's return, and how many were cut.
        Raises:
          UnknownJob, UnsupportedSpace, JobFailed, UnfitTimeStep: the job cannot be played, or not to its end.
          InvalidArgument: `episodes` or `longest` is no whole number of 1 or more, no such video can be made, or the
            worker has worked at another kind of job.
          MissingExtra: the library that writes videos is not installed.
        """
        film, seed = Path(video) if video is not None else None, whole("seed", seed, 0, MOST_SEED)
        opened = make(job, seed=seed, render=film is not None)
        try:
            return evaluated(self.policy_at(opened, name_of(job, opened, name)), opened, episodes, film, longest)
        finally:
            close(opened, job)

    @alone
    def deploy(
        self,
        observation_space: gymnasium.Space,
        action_space: gymnasium.Space,
        *,
        name: str | None = None,
        masked: bool = False,
        restartable: bool | None = None,
    ) -> Worker:
        """A worker at a job that calls the agent.

        Args:
          observation_space: what the job's observations are of.
          action_space: what actions are to be of.
          name: what its stream is kept under; by default the signature's id. Under the name of a saved worker it goes
            on exactly where that one stood, so that the next call may be `step`. One that has made no step yet makes
            room for a worker at another kind of job.
          masked: the job says at each step which actions are allowed.
          restartable: episodes may be ended early: where `worker.decision.abandon` says so, the next call is to be
            `reset`. By default as the worker was before, and a new one never says so.
        Raises:
          UnsupportedSpace: says which part, and what to wrap it in.
          InvalidArgument: it is no name, or a worker of that name has other spaces, or may end episodes early where
            this one may not.
        """
        codec = Codec(observation_space, action_space, masked)
        name = codec.signature.id if name is None else name
        self.check_worker(name, codec)
        known = self.workers.get(name)
        if known is None:
            return self.add_worker(name, codec, bool(restartable))
        allowed = known.spec.restartable if restartable is None else restartable
        if not known.logbook.steps and (codec.spec, allowed) != (known.codec.spec, known.spec.restartable):
            self.forget_worker(name)
            return self.add_worker(name, codec, allowed)
        if allowed != known.spec.restartable:
            may = "may" if known.spec.restartable else "may not"
            raise InvalidArgument(
                f"worker {name!r} of this agent {may} end episodes early, and this call says "
                f"restartable={restartable}. Leave it out, or give the worker another name"
            )
        return known

    def policy(self, job: JobLike, *, name: str | None = None, seed: SupportsIndex = 0) -> Policy:
        """The agent, frozen as it is now, at a job: it decides and does not learn.

        Args:
          job: as in `learn`, or the name of a worker.
          name: the worker whose stream is used; by default the job's name.
          seed: of what is drawn where decisions are not deterministic.
        Raises:
          UnknownJob, UnsupportedSpace, JobFailed: the job cannot be made.
          InvalidArgument: the worker of that name has worked at another kind of job.
        """
        seed = whole("seed", seed, 0, MOST_SEED)
        worker = self.workers.get(job) if isinstance(job, str) and name in (None, job) else None
        if worker is not None:
            return self.policy_of(worker, seed)
        opened = make(job, seed=seed)
        try:
            return self.policy_at(opened, name_of(job, opened, name), seed)
        finally:
            close(opened, job)

    @alone
    def hindsight(self, episode: SupportsIndex = -1, *, name: str | None = None) -> Hindsight:
        """An episode gone over again: how much each step changed the value, how surprising that was, and the fork, the
        step that decided it.

        Args:
          episode: among those that are over and still in replay, the oldest being 0; by default the newest.
          name: of the worker; by default the only one.
        Raises:
          InvalidArgument: there is no such episode, no such worker, or more than one and no name.
        """
        self.gather()
        if name is None and len(self.workers) != 1:
            raise InvalidArgument(f"whose episode? name one of this agent's workers: {sorted(self.workers)}")
        worker = self.workers.get(next(iter(self.workers)) if name is None else name)
        if worker is None:
            raise InvalidArgument(f"no worker is named {name!r}: this agent has {sorted(self.workers)}")
        return hindsight(worker, self.state_of(worker), episode)

    @alone
    def lesion(self, *names: str) -> None:
        """Take emotions out, also at jobs to come: the agent goes on perceiving, remembering and learning without them.

        Args:
          names: of emotions, or `all`.
        Raises:
          InvalidArgument: there is no such emotion.
        """
        levers.hold(self, levers.lesioned(names))
        self.lesions = tuple(sorted({*self.lesions, *levers.emotions(names)}))

    @alone
    def clamp(self, *names: str) -> None:
        """Hold emotions where they usually are, in each stream that there is: a constant where a feeling was.

        Raises:
          InvalidArgument: there is no such emotion, or a worker has felt nothing yet.
        """
        levers.emotions(names)
        self.gather()
        if not self.streams:
            raise InvalidArgument("nothing was felt yet that an emotion could be held at: let the agent work first")
        held = {name: levers.clamped(stream, names) for name, stream in self.streams.items()}
        for name, levels in held.items():
            levers.hold(self, levels, name)

    @alone
    def free(self, *names: str) -> None:
        """Let emotions move again that were lesioned or clamped; all where none is named."""
        freed = levers.emotions(names or (levers.ALL,))
        levers.let_go(self, freed)
        self.lesions = tuple(name for name in self.lesions if name not in freed)

    def save(self, home: str | Path) -> Path:
        """Write everything that the agent is to a folder; what was saved there before stands until this is complete.

        Raises:
          SaveFailed: the disk is full or does not answer; the old checkpoint stands.
          HomeInUse: another process works in this folder.
        """
        folder = Path(home)
        with record.lock(folder):
            return self.save_locked(folder)

    @alone
    def save_locked(self, home: Path) -> Path:
        """As `save`, for whoever holds the home's lock already; also in the middle of work, from a callback."""
        self.gather()
        for worker in self.workers.values():
            if worker.job is not None:
                worker.job_state = worker.job.saved()
        record.save(home, saving.checkpoint(self))
        saving.write_card(home, self)
        return home

    @classmethod
    def load(cls, home: str | Path, *, last_good: bool = False) -> Agent:
        """The agent that was saved in a folder; it goes on bit for bit as the one that was saved would have.

        Args:
          home: the folder.
          last_good: take the checkpoint before the newest one.
        Raises:
          NothingSaved, DamagedPart, NewerFormat, DifferentAgent: what is wrong, with which part, and what to do.
        """
        saved = record.load(Path(home), generation="previous" if last_good else "current")
        if "workers" not in saved.about:
            raise DifferentAgent(
                f"what is saved in {home} is no agent but {saved.about.get('kind', 'something else')}: give the home "
                f"of an agent, which for lessons is the folder that their folder 'lessons' is in"
            )
        return cls.restored(saved)

    @classmethod
    def restored(cls, saved: record.Checkpoint) -> Agent:
        """The agent of a checkpoint; see `load`."""
        try:
            agent = cls(saved.about["seed"], saved.about["width"], saving.constants_of(saved))
            saving.fill(agent, saved)
        except KeyError as error:
            raise DamagedPart(
                f"the checkpoint is damaged: its manifest, or one of its parts, lacks {error}. It was altered since it "
                f"was written, or another program wrote it: restore it from a copy, or begin anew in another home"
            ) from error
        return agent
