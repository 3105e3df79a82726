"""How a release moves from stage to stage. Pure functions: a release goes in, another comes out.

```
begun ──▶ shadow ──▶ canary ──▶ full
             └─────────┴─────────┴──▶ rolled_back
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import get_args

from trainee.errors import InvalidArgument
from trainee.release.gates import GATES, Verdict
from trainee.release.measurements import SHARE
from trainee.release.state import AUTOMATIC, NEXT, Approval, Move, Release, Stage

# Shares at which the gates were measured. With more than a half the version that serves is what is too rarely seen.
LEAST_SHARE, LARGEST_SHARE = 0.05, 0.5


class WrongStage(InvalidArgument):
    """The release cannot go there from here."""


def begun(
    id: str,
    job: str,
    version: str,
    source: str,
    at: float,
    by: str,
    share: float = SHARE,
    approval: Approval = "person",
    why: str = "",
) -> Release:
    """A release in its first stage, `shadow`.

    Arguments as in `Release` and `Move`.

    Raises:
      InvalidArgument: the share is not in [0.05, 0.5], the approval is of no kind, or nobody began it.
    """
    if not LEAST_SHARE <= share <= LARGEST_SHARE:
        raise InvalidArgument(
            f"the share of a canary is {share}; it has to be at least {LEAST_SHARE} and at most {LARGEST_SHARE}"
        )
    if approval not in get_args(Approval):
        raise InvalidArgument(f"the approval of a release is {approval!r}; it has to be one of {get_args(Approval)}")
    return Release(id, job, version, source, share, approval, "shadow", (_move("shadow", at, by, why, ()),))


def judged(release: Release, verdicts: Sequence[Verdict], at: float) -> Release:
    """What becomes of a release by itself: any gate that fails rolls it back; where all pass and no person has to
    approve, it goes on. Otherwise, and where it is over, it stays as it is.

    Args:
      release: in any stage.
      verdicts: of all gates of its stage.
      at: seconds since 1970.
    Raises:
      WrongStage: a gate of the stage is missing.
    """
    if release.over:
        return release
    _complete(release, verdicts)
    failed = _named(verdicts, "fail")
    if failed:
        return rolled_back(release, verdicts, AUTOMATIC, f"failed: {failed}", at)
    if release.approval == "automatic" and not _named(verdicts, "inconclusive"):
        return advanced(release, verdicts, AUTOMATIC, "all gates passed", at)
    return release


def advanced(release: Release, verdicts: Sequence[Verdict], by: str, why: str, at: float) -> Release:
    """One stage on, from shadow to canary or from canary to full.

    Args:
      release: in shadow or canary.
      verdicts: of all gates of its stage.
      by: a person, or `AUTOMATIC`, where the release does not wait for a person.
      why: a reason; needed of a person who does not wait for a gate that is inconclusive.
      at: seconds since 1970.
    Raises:
      WrongStage: there is no stage after this one, a gate failed, or one is inconclusive and nobody says why to go on.
      InvalidArgument: nobody did it, or at no time.
    """
    _gated(release, "go on")
    _complete(release, verdicts)
    failed, unsure = _named(verdicts, "fail"), _named(verdicts, "inconclusive")
    if failed:
        raise WrongStage(f"release {release.id} cannot leave {release.stage}: {failed} failed. Roll it back")
    if by == AUTOMATIC and release.approval != "automatic":
        raise WrongStage(f"release {release.id} waits in {release.stage} for a person to let it go on")
    if unsure and (by == AUTOMATIC or not why.strip()):
        raise WrongStage(
            f"release {release.id} stays in {release.stage}: {unsure} is inconclusive. Wait, or let a person give a "
            f"reason for going on"
        )
    return _moved(release, NEXT[release.stage], at, by, why, verdicts)


def aborted(release: Release, by: str, why: str, at: float, verdicts: Sequence[Verdict] = ()) -> Release:
    """Ended by a person before it serves.

    Args:
      release: in shadow or canary.
      by: a person.
      why, at: as in `advanced`; no reason is needed.
      verdicts: what the gates said, if anything.
    Raises:
      WrongStage: it serves already, or is over, or no person does it.
    """
    _gated(release, "be aborted")
    if by == AUTOMATIC:
        raise WrongStage(f"release {release.id} is aborted by a person only; gates that fail roll it back")
    return _moved(release, "rolled_back", at, by, why, verdicts)


def rolled_back(release: Release, verdicts: Sequence[Verdict], by: str, why: str, at: float) -> Release:
    """Out of work: by a gate, or by a person also after it has come to serve; the version before it serves again.

    Args:
      release: in any stage but `rolled_back`.
      verdicts: what the gates said; not empty where no person does it.
      by, why, at: as in `advanced`.
    Raises:
      WrongStage: it is rolled back already, or no gate failed and no person says so.
    """
    if release.stage == "rolled_back":
        raise WrongStage(f"release {release.id} is rolled back already")
    if by == AUTOMATIC and not _named(verdicts, "fail"):
        raise WrongStage(f"release {release.id} is not rolled back: no gate of {release.stage} failed")
    return _moved(release, "rolled_back", at, by, why, verdicts)


def _gated(release: Release, what: str) -> None:
    if release.over:
        where = "serves" if release.stage == "full" else "is rolled back"
        raise WrongStage(f"release {release.id} {where} already, and cannot {what}. Begin a new one")


def _complete(release: Release, verdicts: Sequence[Verdict]) -> None:
    given, wanted = sorted(verdict.gate for verdict in verdicts), sorted(GATES[release.stage])
    if given != wanted:
        raise WrongStage(
            f"release {release.id} is in {release.stage}, whose gates are {wanted}; verdicts are of {given}"
        )


def _named(verdicts: Sequence[Verdict], outcome: str) -> str:
    return ", ".join(verdict.gate for verdict in verdicts if verdict.outcome == outcome)


def _moved(release: Release, stage: Stage, at: float, by: str, why: str, verdicts: Sequence[Verdict]) -> Release:
    move = _move(stage, at, by, why, verdicts)
    return replace(release, stage=stage, history=(*release.history, move))


def _move(stage: Stage, at: float, by: str, why: str, verdicts: Sequence[Verdict]) -> Move:
    if not by.strip():
        raise InvalidArgument("nobody moves this release: say who does, or 'automatic'")
    if not isfinite(at):
        raise InvalidArgument(f"a release was moved at {at}; it has to be in seconds since 1970")
    return Move(stage, float(at), by, why, tuple(verdicts))
