"""What random play shows of an environment that would hurt learning: one function a symptom, from play to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from trainee.jobs.findings import Finding
from trainee.jobs.play import Play

ENOUGH_STEPS = 50
ENOUGH_EPISODES = 5
HUGE = 1e6
LARGE = 100.0
FAR_FROM_TYPICAL = 1000.0
SLOW_STEPS_PER_SECOND = 500.0
MOST_NAMED = 5


def unfit(play: Play) -> Iterator[Finding]:
    """What the environment raised, and what it said that cannot be learned from."""
    if play.raised is not None:
        yield Finding("error", play.raised, "work at it would end there", "mend the environment")
    for kind, (first, count) in play.faults.items():
        times = "once" if count == 1 else f"{count} times"
        remedy = {
            "observation": "clean it in the job, declare a space that holds it, or wrap it with "
            "gymnasium.wrappers.TransformObservation",
            "reward": "clean it in the job, or wrap it with gymnasium.wrappers.TransformReward",
        }.get(kind, "let the job say at every step which actions are allowed")
        what = f"{first}; {kind} was not fit {times} in {play.steps} steps"
        yield Finding("error", what, "such a step is not learned from, and ten in a row end the work", remedy)


def constant_reward(play: Play) -> Iterator[Finding]:
    """Rewards that never vary.

    Not found where they are the same but not 0 and episodes terminate after different lengths: there the return varies,
    as in CartPole.
    """
    if len(play.rewards) < ENOUGH_STEPS or len(set(play.rewards)) > 1:
        return
    reward = play.rewards[0]
    lengths = {episode.length for episode in play.episodes if episode.terminated}
    if reward != 0 and len(lengths) > 1:
        return
    yield Finding(
        "warning",
        f"every reward was {reward:g} in {play.steps} steps",
        "nothing told a good action from a bad one; if rewards are rare, random actions do not find them",
        "check that the reward is passed on; if it is rare, reward progress on the way, or give more time",
    )


def wild_numbers(play: Play) -> Iterator[Finding]:
    """Unbounded numbers that vary hugely: beyond 10⁶, or beyond 100 and 1000 times what is typical of them."""
    bounded = np.concatenate([np.zeros(0, bool), *(part.bounded for part in play.codec.parts if part.numbers)])
    if not play.fit or bounded.all():
        return
    largest = play.ranges.largest
    wild = ~bounded & ((largest > HUGE) | (largest > np.maximum(LARGE, FAR_FROM_TYPICAL * play.ranges.typical)))
    if not wild.any():
        return
    index = int(np.argmax(np.where(wild, largest, 0)))
    yield Finding(
        "warning",
        f"{_named(play, wild)} is declared without bounds, and its values vary hugely: up to {largest[index]:.3g}, "
        f"typically {play.ranges.typical[index]:.3g}",
        "what is scaled for the largest values cannot tell the usual ones apart",
        "clip it or take its logarithm with gymnasium.wrappers.TransformObservation, and declare its bounds",
    )


def constant_observation(play: Play) -> Iterator[Finding]:
    """Parts of the observation that never change."""
    if play.fit < ENOUGH_STEPS:
        return
    still = play.ranges.least == play.ranges.most
    names = [_named(play, still)] if still.any() else []
    names += _constant_categories(play)
    images = [part for part in play.codec.parts if part.image is not None]
    names += [part.path for part, varied in zip(images, play.images_varied, strict=True) if not varied]
    if not names:
        return
    everything = still.all() and not play.categories_varied.any() and not any(play.images_varied)
    yield Finding(
        "warning",
        f"{'observation' if everything else ', '.join(names)} never changed in {play.steps} steps",
        "what never changes says nothing, and takes room",
        "leave it out, or check that it is brought up to date at every step",
    )


def disguised_time_limit(play: Play) -> Iterator[Finding]:
    """A time limit that hides as termination: five random episodes or more, which all terminate at the same length.

    Random play seldom meets a true end at one and the same step. It does where a job always takes that many steps; then
    this finding is wrong, as it says itself.
    """
    episodes = play.episodes
    lengths = {episode.length for episode in episodes}
    if len(episodes) < ENOUGH_EPISODES or len(lengths) > 1 or not all(episode.terminated for episode in episodes):
        return
    (length,) = lengths
    if length == 1:
        return
    yield Finding(
        "warning",
        f"all {len(episodes)} episodes terminated after exactly {length} steps",
        "that looks like a time limit; terminated means that nothing can follow, so the agent would learn that all it "
        "does comes to nothing at that step",
        "return truncated and not terminated there, or leave the limit to gymnasium.wrappers.TimeLimit; if the job "
        "truly ends after that many steps, all is well",
    )


def endless(play: Play) -> Iterator[Finding]:
    """Episodes that did not end."""
    if play.episodes or play.raised is not None or play.steps < ENOUGH_STEPS:
        return
    yield Finding(
        "note",
        f"no episode ended in {play.steps} steps",
        "progress is told by the returns of episodes, and some states may never be seen again",
        "if the job goes on for ever, all is well; otherwise put a limit with gymnasium.wrappers.TimeLimit",
    )


def slow(play: Play) -> Iterator[Finding]:
    """Steps so slow that the environment, and not learning, sets the pace."""
    if not play.steps or play.steps / max(play.seconds, 1e-9) >= SLOW_STEPS_PER_SECOND:
        return
    yield Finding(
        "note",
        f"the environment makes {play.steps / play.seconds:.0f} steps a second",
        "the agent could learn from more",
        "if that matters, run several of it with gymnasium.make_vec",
    )


SYMPTOMS: tuple[Callable[[Play], Iterator[Finding]], ...] = (
    unfit,
    constant_reward,
    wild_numbers,
    constant_observation,
    disguised_time_limit,
    endless,
    slow,
)


def _constant_categories(play: Play) -> list[str]:
    places = [part.place(i) for part in play.codec.parts for i in range(len(part.categories))]
    return _shortened([place for place, varied in zip(places, play.categories_varied, strict=True) if not varied])


def _named(play: Play, which: np.ndarray) -> str:
    """The numbers for which `which` is true, by path; a part of which all are, by its own."""
    names, start = [], 0
    for part in play.codec.parts:
        chosen = np.flatnonzero(which[start : start + part.numbers])
        start += part.numbers
        whole = part.numbers > 1 and len(chosen) == part.numbers
        names += [part.path] if whole else [part.place(int(i)) for i in chosen]
    return ", ".join(_shortened(names))


def _shortened(names: list[str]) -> list[str]:
    more = len(names) - MOST_NAMED
    return names if more <= 0 else [*names[:MOST_NAMED], f"{more} more"]
