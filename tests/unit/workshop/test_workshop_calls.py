"""The workshop as the service calls it: what is answered, what is refused, and what comes of its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from dataclasses import replace
from unittest.mock import ANY

import pytest

from serving import JOB, SEEN
from trainee.errors import DamagedPart, InvalidArgument, NothingSaved, UnsupportedSpace
from trainee.record.events import Draft
from trainee.record.log import EventLog
from trainee.serve.bodies import NewJob
from trainee.workshop import Place, Workshop, WorkshopGone, inside, workshop

pytestmark = pytest.mark.long

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
            await made.add(place, lambda: (str(tmp_path / "agent"), []))
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
        with pytest.raises(NothingSaved, match="v7"):
            await place.ask("v7", None, None, TOLD, (1, 2))
        with pytest.raises(WorkshopGone, match="'other' is being made ready"):
            await Place({**ABOUT, "job": "other"}, made).ask("live", None, None, TOLD, (1, 2))
        with pytest.raises(RuntimeError, match="TypeError"):
            await made.call("check")
        await place.freeze("v1", "live")
        frozen = await place.ask("v1", None, None, TOLD, (1, 2))
        assert frozen.propensity == 1.0
        made.forget("plant", [])
        # It is on the disk.
        assert await place.ask("v1", None, None, TOLD, (1, 2)) == replace(frozen, took_s=ANY)
        assert list(made.inside.benches["plant"]._versions) == ["v1"]

    worked(tmp_path, work)


@pytest.mark.parametrize("events", [1, 2, 3])
def test_an_agent_that_has_learned_from_another_record_is_refused(log, tmp_path, events):
    begun = {"episode": "e", "version": "live", "stage": "full", "release": None}

    async def learned(made, place):
        log.append([[Draft("episode_begun", "plant", begun)]])
        made.tell(2)
        while place.cursor < 2:
            await asyncio.sleep(0.01)

    async def nothing(made, place):
        pass

    worked(tmp_path, learned)
    worked(tmp_path, nothing)
    log.close()
    (tmp_path / "events.db").unlink()
    # As many events, more or fewer: they are not those that it has learned from.
    other = EventLog(tmp_path / "events.db")
    other.append([[Draft("job_made", "plant", ABOUT)], *[[Draft("episode_begun", "plant", begun)]] * (events - 1)])
    with pytest.raises(DamagedPart, match="has learned from 2 events, and the record does not hold them"):
        worked(tmp_path, nothing)
    other.close()


def test_it_is_begun_again_where_it_ends_and_nobody_waits_for_ever(log, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(workshop, "AGAIN_S", 0.01)

    async def work(made, place):
        first = await place.ask("live", None, None, TOLD, (1, 2))
        before = made.inside

        def fail(*_):
            raise OSError("the machine is on fire")

        assert not made.gone
        monkeypatch.setattr(before, "_answer", fail)
        with pytest.raises(WorkshopGone, match="has ended"):
            await place.ask("live", None, None, TOLD, (1, 2))
        assert made.gone
        with pytest.raises(WorkshopGone, match="is being made ready"):
            await place.ask("live", None, None, TOLD, (1, 2))
        while made.gone:
            await asyncio.sleep(0.01)
        assert made.inside is not before
        again = await place.ask("live", None, None, TOLD, (1, 2))
        assert (again.action, again.underway) == (first.action, first.underway)

    with caplog.at_level(logging.ERROR, "trainee.workshop"):
        worked(tmp_path, work)
    assert [told.message for told in caplog.records] == ["the workshop ended by itself (None), and is begun again"]


def test_it_is_heard_of_while_there_is_nothing_to_say(log, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(inside, "BEAT_S", 0.1)
    monkeypatch.setattr(workshop, "HUNG_S", 5.0)

    async def work(made, place):
        await place.ask("live", None, None, TOLD, (1, 2))
        monkeypatch.setattr(workshop, "HUNG_S", 2.0)
        await asyncio.sleep(3.0)
        assert not made.gone

    worked(tmp_path, work)
    assert not caplog.records


def test_one_that_hangs_is_ended_and_begun_again(log, tmp_path, monkeypatch, caplog):
    begun = []
    process = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *told, **more: begun.append(process(*told, **more)) or begun[-1])

    async def work(made, place):
        first = await place.ask("live", None, None, TOLD, (1, 2))
        # The wait for the line after this answer is the first one that is so short.
        monkeypatch.setattr(workshop, "HUNG_S", 1.0)
        await place.ask("live", None, None, TOLD, (1, 2))
        begun[0].send_signal(signal.SIGSTOP)
        while begun[0].poll() is None:
            await asyncio.sleep(0.05)
        monkeypatch.setattr(workshop, "HUNG_S", 180.0)
        while made.gone:
            await asyncio.sleep(0.05)
        again = await place.ask("live", None, None, TOLD, (1, 2))
        assert (again.action, again.underway) == (first.action, first.underway)

    worked(tmp_path, work, apart=True)
    assert any("nothing was heard of the workshop for" in told.message for told in caplog.records)


def test_one_that_cannot_be_begun_is_stopped_at_once(log, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def run():
        made = Workshop(f"sqlite:///{tmp_path / 'events.db'}", tmp_path, 60.0, apart=True)
        await made.start(1)
        with pytest.raises(WorkshopGone):
            await made.add(Place(ABOUT, made), lambda: (str(tmp_path / "agent"), []))
        await asyncio.wait_for(made.stop(), 5)

    asyncio.run(run())


def test_one_that_cannot_be_begun_at_first_is_tried_again(log, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(workshop, "AGAIN_S", 0.01)

    async def work(made, place):
        inside, real, failed = made.inside, made._begin, []

        def begin(*ends):
            if len(failed) < 2:
                failed.append(True)
                raise OSError("too many open files")
            return real(*ends)

        made._begin = begin
        monkeypatch.setattr(inside, "_answer", lambda _: (_ for _ in ()).throw(OSError("gone")))
        with pytest.raises(WorkshopGone):
            await place.ask("live", None, None, TOLD, (1, 2))
        while made.gone:
            await asyncio.sleep(0.01)
        assert len(failed) == 2
        assert (await place.ask("live", None, None, TOLD, (1, 2))).sound

    with caplog.at_level(logging.ERROR, "trainee.workshop"):
        worked(tmp_path, work)
    assert [told.message for told in caplog.records][1:] == ["the workshop cannot be begun"] * 2


def test_a_job_that_could_not_be_made_ready_is_as_soon_as_it_can(log, tmp_path, monkeypatch):
    monkeypatch.setattr(workshop, "AGAIN_S", 0.01)

    async def work(made, place):
        late, inside = Place({**ABOUT, "job": "late"}, made), made.inside

        monkeypatch.setattr(inside, "_answer", lambda _: (_ for _ in ()).throw(OSError("gone")))
        with pytest.raises(WorkshopGone):
            await made.add(late, lambda: (str(tmp_path / "late"), []))
        while made.gone:
            await asyncio.sleep(0.01)
        assert late.ready
        assert (await late.ask("live", None, None, TOLD, (1, 2))).sound

    worked(tmp_path, work)
