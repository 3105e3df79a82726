"""Which episodes are the canary's: a pure function of names, so that it holds after a restart and on every machine."""

from __future__ import annotations

import hashlib

from trainee.errors import InvalidArgument


def arm(release_id: str, episode_id: str, share: float) -> bool:
    """Whether the canary decides in this episode.

    Where the share grows, the episodes that were the canary's stay so. Another release draws anew.

    Args:
      release_id, episode_id: any text.
      share: of the episodes, in [0, 1].
    Raises:
      InvalidArgument: the share is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise InvalidArgument(f"the share of a canary is {share}; it has to be at least 0 and at most 1")
    # With the length in front no two pairs of names are one text.
    digest = hashlib.sha256(f"{len(release_id)}:{release_id}{episode_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
