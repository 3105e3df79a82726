"""Episodes: begun and ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

import numpy as np

from trainee.errors import UnfitTimeStep
from trainee.life import Account
from trainee.record.events import Draft
from trainee.serve.board import EpisodeEntry, JobEntry
from trainee.serve.bodies import EpisodeEnd, NewEpisode, NewReward, RewardBefore
from trainee.serve.outcomes import reward_draft
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused, used_before
from trainee.serve.service import Service
from trainee.serve.sessions import in_turn, words
from trainee.workshop import WorkshopGone

logger = logging.getLogger("trainee.serve")
# Episodes that may be under way in a job, and the id of a reward that comes with the next call and has none.
MOST_EPISODES, WITH_THE_NEXT = 10_000, "with-the-next"


async def begin(service: Service, job: JobEntry, asked: NewEpisode) -> dict[str, Any]:
    """Begin an episode. Its version is settled here and does not change.

    Raises:
      Refused: too many are under way, or the name was used for another job.
    """
    service.place(job.name)
    if job.counts["open_episodes"] >= MOST_EPISODES:
        raise Refused("full", f"{MOST_EPISODES:,} episodes of job {job.name!r} are under way, and no more may be")
    name = asked.episode or uuid4().hex
    body = {"episode": name, **service.releases.version_of(job, name)}
    key, said = f"b:{name}", digest({"job": job.name, "episode": name})
    event, _ = await service.once([Draft("episode_begun", job.name, body, key, said)], key, said)
    return {"job": event.job, **{told: event.body[told] for told in ("episode", "version", "stage")}}


async def end(service: Service, job: JobEntry, name: str, asked: EpisodeEnd) -> dict[str, Any]:
    """End an episode.

    Raises:
      Refused: it says neither or both of terminated and truncated, or it ended otherwise before.
      UnfitTimeStep: the final observation is missing or outside the space.
    """
    said = digest(asked.model_dump(exclude_unset=True))
    if asked.terminated == asked.truncated:
        raise Refused("invalid", "an episode ends either terminated or truncated: say which")
    service.place(job.name)
    entry = job.episodes.get(name)
    if entry is None or entry.over is not None:
        return await _again(service, name, said)
    with service.alone(name):
        return await _ended(service, job, entry, asked, said)


async def _ended(service: Service, job: JobEntry, entry: EpisodeEntry, asked: EpisodeEnd, said: str) -> dict[str, Any]:
    if asked.truncated and asked.observation is None and entry.next_sequence:
        raise UnfitTimeStep("observation is missing, and a truncated episode needs its final one")
    conduct = await _at_the_end(service, job, entry, asked)
    body = {"episode": entry.id, **asked.model_dump(exclude={"reward"}), "lost": False, "conduct": conduct}
    key = f"e:{entry.id}"
    drafts = [Draft("episode_ended", job.name, body, key, said)]
    if asked.reward is not None and entry.next_sequence:
        drafts.insert(0, reward_before(service, job, entry, asked.reward))
    event, _ = await service.once(drafts, key, said)
    return {"seq": event.seq, "late": False}


async def _again(service: Service, name: str, said: str) -> dict[str, Any]:
    """What was answered when it ended."""
    event = await asyncio.to_thread(service.log.find, f"e:{name}")
    if event is None or event.digest is None:
        raise Refused(
            "episode_over", f"nobody was heard of in episode {name} for long, and it has ended: begin another"
        )
    if event.digest != said:
        raise used_before(f"e:{name}")
    return {"seq": event.seq, "late": False}


async def _at_the_end(service: Service, job: JobEntry, entry: EpisodeEntry, asked: EpisodeEnd) -> dict[str, Any] | None:
    """What the agent expects where the episode ends: what would have followed a truncated one still counts."""
    if asked.observation is None:
        return None
    place = service.place(job.name)
    reward = known_reward(job, entry, asked.reward)
    told = asked.observation, reward, False, True, asked.terminated, None
    place.codec.heard(*told)
    if not entry.next_sequence:
        return None
    try:
        answer = await in_turn(service, place, entry, entry.before, told, words(entry.id, entry.next_sequence))
    except WorkshopGone:
        return None
    except Exception:
        logger.exception("version %r of job %r could not foresee an end", entry.version, job.name)
        return None
    return answer.conduct if answer.sound else None


def known_reward(job: JobEntry, entry: EpisodeEntry, reward: RewardBefore | None) -> float:
    """What is known by now of what the newest decision has brought."""
    held = entry.accounts.get(entry.next_sequence - 1)
    if held is None and reward is None:
        return 0.0
    account = Account() if held is None else held[0]
    if reward is not None:
        account = Account(dict(account.rewards))
        account.add(reward.reward_id or WITH_THE_NEXT, reward.value, reward.observed_at or 0.0, True, None)
    return float(np.clip(account.total(job.about["rewards"], 0.0), -1e30, 1e30))


def reward_before(service: Service, job: JobEntry, entry: EpisodeEntry, reward: RewardBefore) -> Draft:
    """The reward that came along with the next call."""
    decision = f"{entry.id}.{entry.next_sequence - 1}"
    asked = NewReward(**reward.model_dump(exclude={"reward_id"}), reward_id=reward.reward_id or WITH_THE_NEXT)
    return reward_draft(service, job, decision, asked)
