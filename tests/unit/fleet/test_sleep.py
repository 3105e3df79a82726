"""Sleep: when it comes, what it keeps, and that it takes no more than its share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import equinox as eqx
import gymnasium
import jax
import numpy as np
import pytest

from fleets import NESTED, WALK, born, trained
from trainee.errors import SaveFailed
from trainee.fleet import digest, keep, place, provenance_at, read, sleep
from trainee.fleet.courses import course
from trainee.fleet.imitation import Parts, disagreement
from trainee.fleet.sleep import BURST, LESSONS_A_STEP, Sleep

pytestmark = pytest.mark.long


def far(agent, lessons):
    """How far an agent thinks otherwise than some lessons."""
    agent.gather()
    worker = agent.workers[lessons.provenance.job]
    interface = agent.interfaces[worker.spec.signature.id]
    parts = Parts(agent.brain.slow, (interface.learned.slow,))
    return disagreement(parts, [course(worker.learner, interface, lessons)], [0])[0]


@pytest.fixture(autouse=True)
def early(monkeypatch):
    """Lessons are taken soon and kept closely, as jobs here are short and little of them is forgotten."""
    monkeypatch.setattr(sleep, "FIRST_STEPS", 200)
    monkeypatch.setattr(sleep, "TOLERANCE", 0.002)


@pytest.fixture(scope="module")
def lives():
    """The same life of two jobs without sleep and with it, and the first job's lessons in between."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sleep, "FIRST_STEPS", 200)
        patch.setattr(sleep, "TOLERANCE", 0.002)
        for asleep in (False, True):
            agent = born()
            callback = Sleep(agent)
            listeners = [callback] if asleep else []
            agent.learn(WALK, 2_000, callbacks=listeners)
            lessons = digest(agent, WALK)
            agent.learn(NESTED, 3_000, callbacks=listeners)
            found[asleep] = agent, lessons, callback
    return found


def test_an_earlier_job_is_thought_of_as_before(lives):
    awake, asleep = (far(agent, lessons) for agent, lessons, _ in (lives[False], lives[True]))
    assert asleep < 0.5 * awake, (asleep, awake)


def test_it_slept_and_no_more_than_its_share(lives):
    diary = lives[True][2].diary
    assert diary.bursts > 0
    assert diary.learned == diary.bursts * 2 * BURST.steps * BURST.batch
    assert diary.learned <= LESSONS_A_STEP * 5_000
    assert diary.farthest.keys() == {WALK}


def test_the_job_at_hand_is_learned_all_the_same(lives):
    recent = {asleep: lives[asleep][0].workers[NESTED].logbook.recent(30) for asleep in (False, True)}
    assert recent[True] > 0.7 * recent[False] > 0, recent


def test_with_one_job_there_is_nothing_to_sleep_for():
    plain, asleep = born(), born()
    callback = Sleep(asleep)
    plain.learn(WALK, 900)
    asleep.learn(WALK, 900, callbacks=[callback])
    for agent in (plain, asleep):
        agent.gather()
    assert callback.diary.looks > 0
    assert callback.diary.bursts == 0
    assert eqx.tree_equal(plain.brain, asleep.brain)
    assert eqx.tree_equal(plain.interfaces, asleep.interfaces)


def test_where_nothing_is_forgotten_it_looks_later_and_later(monkeypatch):
    monkeypatch.setattr(sleep, "TOLERANCE", 1e9)
    agent = trained(WALK)
    callback = Sleep(agent)
    agent.learn(WALK, 300, callbacks=[callback])
    agent.learn(NESTED, 3_000, callbacks=[callback])
    assert callback.diary.bursts == 0
    # At 250, 750, 1,750, 2,750 steps.
    assert callback.diary.looks == 4


def test_no_other_thread_has_the_agent_in_hand_meanwhile(monkeypatch):
    agent, taken = trained(WALK), []

    def watched(name):
        real = getattr(sleep, name)

        def called(*args):
            with ThreadPoolExecutor(1) as other:
                taken.append((name, other.submit(agent.lock.acquire, blocking=False).result()))
            return real(*args)

        monkeypatch.setattr(sleep, name, called)

    for name in ("digest", "disagreement"):
        watched(name)
    agent.learn(NESTED, 300, callbacks=[Sleep(agent)])
    assert {name for name, _ in taken} == {"digest", "disagreement"}
    assert not any(took for _, took in taken)


def test_lessons_of_a_lapse_are_not_taken():
    agent = born()
    callback = Sleep(agent)
    agent.learn(WALK, 600, callbacks=[callback])
    taken = callback._kept[WALK].provenance
    log = agent.workers[WALK].logbook
    log.episodes += [log.episodes[-1].__class__(log.steps, 20, -100.0, 0.0, 0.0)] * 20
    callback._rhythm.take_at[WALK] = 0
    callback._take_lessons(agent.workers[WALK])
    assert callback._kept[WALK].provenance == taken
    log.episodes += [log.episodes[0].__class__(log.steps, 20, 100.0, 0.0, 0.0)] * 20
    callback._take_lessons(agent.workers[WALK])
    assert callback._kept[WALK].provenance.competence.recent == 100


def test_lessons_outlive_the_process(tmp_path):
    agent = born()
    agent.learn(WALK, 600, callbacks=[Sleep(agent, tmp_path)])
    assert provenance_at(place(tmp_path, WALK)).steps > 200
    agent.gather()
    again = Sleep(agent, tmp_path)
    assert again._kept.keys() == {WALK}
    # Damaged ones are taken anew.
    (file,) = place(tmp_path, WALK).glob("lessons/*.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    assert not Sleep(agent, tmp_path)._kept


def test_the_same_life_is_slept_the_same():
    """What is decided by is counted and not timed."""
    found = []
    for _ in range(2):
        agent = born()
        callback = Sleep(agent)
        for job in (WALK, NESTED):
            agent.learn(job, 900, callbacks=[callback])
        agent.gather()
        found.append((agent.brain, agent.interfaces))
    assert eqx.tree_equal(*found)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(eqx.filter(found[0], eqx.is_inexact_array)))


def test_what_it_did_while_it_did_not_sleep_is_kept_too():
    agent = born()
    agent.learn(WALK, 2_000)
    lessons, callback = digest(agent, WALK), Sleep(agent)
    agent.learn(NESTED, 3_000, callbacks=[callback])
    awake = born()
    awake.learn(WALK, 2_000)
    awake.learn(NESTED, 3_000)
    assert callback.diary.bursts > 0
    assert far(agent, lessons) < 0.5 * far(awake, lessons)


def test_lessons_of_an_earlier_state_give_way_to_those_of_the_newest(tmp_path):
    agent = born()
    agent.learn(WALK, 1_000, callbacks=[Sleep(agent, tmp_path)])
    agent.learn(WALK, 1_500)
    agent.learn(NESTED, 300, callbacks=[Sleep(agent, tmp_path)])
    assert provenance_at(place(tmp_path, WALK)).steps == 2_500


def test_lessons_that_were_handed_in_stay(tmp_path):
    agent = born()
    callback = Sleep(agent, tmp_path)
    agent.learn(WALK, 600, callbacks=[callback])
    handed_in = keep(digest(agent, WALK, most=77), place(tmp_path, WALK))
    agent.learn(NESTED, 300, callbacks=[callback])
    assert len(callback._kept[WALK]) == 77
    assert keep(digest(agent, NESTED, most=5), place(tmp_path, NESTED)) != handed_in
    assert len(read(place(tmp_path, WALK), agent, agent.workers[WALK].learner)) == 77


def test_of_a_job_that_is_over_as_many_are_taken_as_are_handed_in(tmp_path, monkeypatch):
    monkeypatch.setattr(sleep, "LESSONS", 256)
    agent = born()
    callback = Sleep(agent, tmp_path)
    agent.learn(WALK, 600, callbacks=[callback])
    agent.learn(NESTED, 300, callbacks=[callback])
    assert len(callback._kept[WALK]) == 256
    assert len(read(place(tmp_path, WALK), agent, agent.workers[WALK].learner)) == 600


def test_a_disk_that_takes_no_lessons_ends_nothing(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise SaveFailed("there is no room")

    monkeypatch.setattr(sleep, "keep", full)
    agent = born()
    assert agent.learn(WALK, 500, callbacks=[Sleep(agent, tmp_path)]).steps == 500
    assert "were not kept: there is no room" in caplog.text


def test_several_streams_are_left_alone():
    agent = born()
    agent.learn(WALK, 500)
    callback = Sleep(agent)
    agent.learn(gymnasium.make_vec(WALK, num_envs=2), 1_000, callbacks=[callback])
    assert callback.diary.bursts == 0


def test_of_two_with_one_interface_the_newer_one_is_kept():
    agent = born()
    callback = Sleep(agent)
    for name in ("older", "newer"):
        agent.learn(WALK, 500, name=name, callbacks=[callback])
    agent.learn(NESTED, 2_000, callbacks=[callback])
    assert callback.diary.farthest.keys() == {"newer"}
