"""The workshop as the service calls it: what is answered, what is refused, and what comes of its end."""

from __future__ import annotations

import asyncio
import logging
import sys

import pytest

from serving import JOB, SEEN
from trainee.errors import DamagedPart, InvalidArgument, UnsupportedSpace
from trainee.record.events import Draft
from trainee.record.log import EventLog
from trainee.serve.bodies import NewJob
from trainee.workshop import Place, Workshop, WorkshopGone, workshop

ABOUT = NewJob(**JOB).model_dump()
TOLD = (SEEN, 0.0, True, False, False, None)


@pytest.fixture
def log(tmp_path):
    made = EventLog(tmp_path / "events.db")
    made.append([[Draft("job_made", "plant", ABOUT)]])
    yield made
    made.close()


def worked(tmp_path, work, apart=False):
    """Do something with a workshop that has the job `plant`."""

    async def run():
        made = Workshop(f"sqlite:///{tmp_path / 'events.db'}", tmp_path, 60.0, apart)
        await made.start(1)
        place = Place(ABOUT, made)
        try:
            await made.add(place, lambda: (str(tmp_path / "agent"), [], 1))
            return await work(made, place)
        finally:
            await made.stop()

    return asyncio.run(run())


@pytest.mark.parametrize("apart", [False, True])
def test_it_answers_the_same_in_a_thread_and_in_a_process(log, tmp_path, apart):
    async def work(_, place):
        first = await place.ask("live", None, None, TOLD, (1, 2))
        again = await place.ask("live", None, None, TOLD, (1, 2))
        assert (again.action, again.value, again.underway) == (first.action, first.value, first.underway)
        second = await place.ask("live", first.underway, first.action, (*TOLD[:2], False, False, False, None), (1, 3))
        assert second.underway != first.underway
        assert first.sound
        assert 0 < first.took_s < 10
        return first.action, first.value, first.interval, second.value

    told = worked(tmp_path, work, apart)
    # The first one to come here is what the other is compared with.
    assert ANSWERS.setdefault("told", told) == told


ANSWERS: dict[str, object] = {}


def test_what_is_wrong_there_is_raised_here(log, tmp_path):
    async def work(made, place):
        with pytest.raises(InvalidArgument, match="there is no source 'none'"):
            await place.freeze("v1", "none")
        with pytest.raises(InvalidArgument, match="cannot be imported"):
            await place.freeze("v1", "import:nobody")
        huge = {**ABOUT, "observation_space": {"type": "Box", "shape": [3000, 3000], "dtype": "float32"}}
        with pytest.raises(UnsupportedSpace, match="more than"):
            await made.call("check", huge)
        with pytest.raises(RuntimeError, match="KeyError: 'v7'"):
            await place.ask("v7", None, None, TOLD, (1, 2))
        with pytest.raises(RuntimeError, match="KeyError"):
            await Place({**ABOUT, "job": "other"}, made).ask("live", None, None, TOLD, (1, 2))
        await place.freeze("v1", "live")
        frozen = await place.ask("v1", None, None, TOLD, (1, 2))
        assert frozen.propensity == 1.0
        made.forget("plant", [])
        with pytest.raises(RuntimeError, match="KeyError: 'v1'"):
            await place.ask("v1", None, None, TOLD, (1, 2))

    worked(tmp_path, work)


def test_an_agent_that_has_learned_from_more_than_the_record_holds_is_refused(log, tmp_path):
    async def learned(made, place):
        body = {"episode": "e", "version": "live", "stage": "full", "release": None}
        log.append([[Draft("episode_begun", "plant", body)]])
        made.tell(2)
        while place.cursor < 2:
            await asyncio.sleep(0.01)

    worked(tmp_path, learned)

    async def nothing(made, place):
        pass

    with pytest.raises(DamagedPart, match="has learned from 2 events, and the record holds 1"):
        worked(tmp_path, nothing)


def test_it_is_begun_again_where_it_ends_and_nobody_waits_for_ever(log, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(workshop, "AGAIN_S", 0.01)

    async def work(made, place):
        first = await place.ask("live", None, None, TOLD, (1, 2))
        inside = made.inside

        def fail(*_):
            raise OSError("the machine is on fire")

        monkeypatch.setattr(inside, "_answer", fail)
        with pytest.raises(WorkshopGone, match="has ended"):
            await place.ask("live", None, None, TOLD, (1, 2))
        assert made.gone
        with pytest.raises(WorkshopGone, match="is being begun again"):
            await place.ask("live", None, None, TOLD, (1, 2))
        while made.inside is inside or "plant" not in made.inside.benches:
            await asyncio.sleep(0.01)
        again = await place.ask("live", None, None, TOLD, (1, 2))
        assert (again.action, again.underway) == (first.action, first.underway)

    with caplog.at_level(logging.ERROR, "trainee.workshop"):
        worked(tmp_path, work)
    assert [told.message for told in caplog.records] == ["the workshop ended by itself (None), and is begun again"]


def test_one_that_cannot_be_begun_is_stopped_at_once(log, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def run():
        made = Workshop(f"sqlite:///{tmp_path / 'events.db'}", tmp_path, 60.0, apart=True)
        await made.start(1)
        with pytest.raises(WorkshopGone):
            await made.add(Place(ABOUT, made), lambda: (str(tmp_path / "agent"), [], 1))
        await asyncio.wait_for(made.stop(), 5)

    asyncio.run(run())
