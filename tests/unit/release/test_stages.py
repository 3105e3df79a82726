"""Where a release may go, who may send it there, and what is kept of it."""

from __future__ import annotations

import json
import math

import pytest

from trainee.errors import InvalidArgument
from trainee.release import (
    AUTOMATIC,
    GATES,
    Release,
    Verdict,
    WrongStage,
    aborted,
    advanced,
    begun,
    judged,
    rolled_back,
)


def started(**options):
    return begun("r1", "cooling", "v7", "live", 1000.0, "ada", **options)


def said(release, outcome="pass", **outcomes):
    """Verdicts of all gates of the stage."""
    return tuple(Verdict(gate, outcomes.get(gate, outcome), None, None, None, 0, "") for gate in GATES[release.stage])


def in_canary(**options):
    release = started(**options)
    return advanced(release, said(release), "ada", "", 1001.0)


def serving():
    release = in_canary()
    return advanced(release, said(release), "ada", "", 1002.0)


def test_the_whole_way():
    release = serving()
    assert release.stage == "full"
    assert [(move.stage, move.at, move.by) for move in release.history] == [
        ("shadow", 1000.0, "ada"),
        ("canary", 1001.0, "ada"),
        ("full", 1002.0, "ada"),
    ]
    assert [verdict.gate for verdict in release.history[2].verdicts] == ["returns"]


def test_by_itself_a_release_goes_on_only_where_no_person_has_to_approve():
    release = started()
    assert judged(release, said(release), 1.0) is release
    release = started(approval="automatic")
    release = judged(release, said(release), 1.0)
    assert (release.stage, release.history[-1].by) == ("canary", AUTOMATIC)
    release = judged(release, said(release), 2.0)
    assert release.stage == "full"
    # It is over: what a gate would say now moves nothing.
    assert judged(release, (), 3.0) is release


@pytest.mark.parametrize("approval", ["person", "automatic"])
def test_by_itself_a_release_waits_for_what_is_inconclusive(approval):
    release = started(approval=approval)
    assert judged(release, said(release, latency="inconclusive"), 1.0) is release


@pytest.mark.parametrize("approval", ["person", "automatic"])
@pytest.mark.parametrize("begin", [started, in_canary])
def test_a_gate_that_fails_rolls_back_by_itself(approval, begin):
    release = begin(approval=approval)
    gate = GATES[release.stage][0]
    back = judged(release, said(release, "inconclusive", **{gate: "fail"}), 5.0)
    assert (back.stage, back.history[-1].by, back.history[-1].why) == ("rolled_back", AUTOMATIC, f"failed: {gate}")
    assert back.history[:-1] == release.history


def test_a_person_gives_a_reason_for_not_waiting():
    release = started()
    verdicts = said(release, calibration="inconclusive")
    with pytest.raises(WrongStage, match="calibration is inconclusive"):
        advanced(release, verdicts, "ada", " ", 1.0)
    release = advanced(release, verdicts, "ada", "episodes of this job never end", 1.0)
    assert release.stage == "canary"
    assert release.history[-1].why == "episodes of this job never end"
    assert release.history[-1].verdicts == verdicts


def test_nobody_goes_past_a_gate_that_failed():
    release = started()
    with pytest.raises(WrongStage, match="validity failed"):
        advanced(release, said(release, validity="fail"), "ada", "I know better", 1.0)


def test_without_a_person_nothing_goes_on_that_waits_for_one():
    release = started()
    with pytest.raises(WrongStage, match="waits in shadow for a person"):
        advanced(release, said(release), AUTOMATIC, "", 1.0)
    release = started(approval="automatic")
    with pytest.raises(WrongStage, match="inconclusive"):
        advanced(release, said(release, "inconclusive"), AUTOMATIC, "a reason", 1.0)


def test_a_person_may_go_on_where_nobody_has_to():
    release = started(approval="automatic")
    assert advanced(release, said(release, latency="inconclusive"), "ada", "tried elsewhere", 1.0).stage == "canary"


@pytest.mark.parametrize("change", [lambda verdicts: verdicts[1:], lambda verdicts: (*verdicts, verdicts[0])])
def test_verdicts_are_of_all_gates_of_the_stage(change):
    release = started(approval="automatic")
    for move in (lambda given: judged(release, given, 1.0), lambda given: advanced(release, given, "ada", "why", 1.0)):
        with pytest.raises(WrongStage, match="verdicts are of"):
            move(change(said(release)))


def test_a_person_aborts_before_it_serves():
    for release in (started(), in_canary()):
        back = aborted(release, "eve", "", 9.0)
        assert (back.stage, back.history[-1].by) == ("rolled_back", "eve")
        with pytest.raises(WrongStage, match="by a person only"):
            aborted(release, AUTOMATIC, "", 9.0)


def test_a_person_takes_back_what_serves():
    release = serving()
    with pytest.raises(WrongStage, match="serves already"):
        aborted(release, "eve", "", 9.0)
    assert rolled_back(release, (), "eve", "alarms at night", 9.0).stage == "rolled_back"


def test_nothing_leads_out_of_rolled_back_or_beyond_full():
    back = aborted(started(), "eve", "", 9.0)
    for move in (
        lambda: advanced(back, (), "ada", "why", 1.0),
        lambda: aborted(back, "ada", "why", 1.0),
        lambda: rolled_back(back, (), "ada", "why", 1.0),
        lambda: advanced(serving(), (), "ada", "why", 1.0),
    ):
        with pytest.raises(WrongStage, match="already"):
            move()


def test_without_a_person_nothing_is_rolled_back_that_did_not_fail():
    release = started()
    with pytest.raises(WrongStage, match="no gate of shadow failed"):
        rolled_back(release, said(release), AUTOMATIC, "", 1.0)


@pytest.mark.parametrize("share", [0.0, 0.04, 0.51, 1.0, math.nan])
def test_a_share_that_the_gates_were_not_measured_at_is_refused(share):
    with pytest.raises(InvalidArgument, match="share of a canary is"):
        started(share=share)


def test_who_and_when_have_to_be_said():
    with pytest.raises(InvalidArgument, match="approval"):
        started(approval="nobody")
    with pytest.raises(InvalidArgument, match="nobody moves"):
        aborted(started(), " ", "", 1.0)
    with pytest.raises(InvalidArgument, match="seconds since 1970"):
        aborted(started(), "eve", "", math.nan)


def test_a_release_is_not_changed_by_moving_it():
    release = started()
    before = release.to_json()
    aborted(release, "eve", "", 1.0)
    judged(release, said(release, validity="fail"), 1.0)
    assert release.to_json() == before


def test_written_and_read():
    for release in (started(), serving(), aborted(in_canary(share=0.25), "eve", "", 9.0)):
        assert Release.from_json(json.loads(json.dumps(release.to_json(), allow_nan=False))) == release


@pytest.mark.parametrize(
    "change", [{"stage": "full"}, {"stage": "gone"}, {"history": []}, {"history": [{}]}, {"more": 1}]
)
def test_what_is_no_release_is_not_read(change):
    with pytest.raises(InvalidArgument):
        Release.from_json({**started().to_json(), **change})
    with pytest.raises(InvalidArgument, match="no release"):
        Release.from_json({})
