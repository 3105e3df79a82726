"""Arms: which can be asked for, and at which levels they hold emotions."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.emotions import ABSENT, FREE
from trainee.errors import InvalidArgument
from trainee.exams.emotions.arms import ARMS, chosen, disturbance, held, settings
from trainee.exams.emotions.environments import ENVIRONMENTS, QUICK, Environment, scaled
from trainee.types import EMOTIONS

FEAR = EMOTIONS.index("fear")
# Of two agents at three steps.
FELT = np.arange(2 * 3 * 7, dtype=np.float32).reshape(2, 3, 7)


def test_arms_are_asked_for_by_name_or_in_groups():
    assert chosen(["yoked", "lesion-fear"]) == ("lesion-fear", "yoked")
    assert len(chosen(["lesions", "lesion-fear"])) == 8
    assert chosen([]) == ARMS
    assert chosen(["intact"]) == ()
    assert chosen(["noise-intact"]) == ("lesion-all", "noise-intact", "noise-lesion-all")
    with pytest.raises(InvalidArgument, match="there is no arm 'joy': choose of lesions, clamps, disturbed, intact"):
        chosen(["joy"])


def test_a_lesion_holds_one_emotion_where_it_is_absent():
    levels = held("lesion-fear", FELT)
    assert levels.shape == FELT.shape
    assert (levels[..., FEAR] == ABSENT[FEAR]).all()
    assert (np.delete(levels, FEAR, axis=2) == FREE).all()
    assert (held("lesion-all", FELT) == ABSENT).all()


def test_a_clamp_holds_one_emotion_at_the_mean_of_what_was_felt():
    levels = held("clamp-fear", FELT)
    # 0, 7, 14, 21, 28, 35.
    assert (levels[..., FEAR] == 17.5).all()
    assert (np.delete(levels, FEAR, axis=2) == FREE).all()
    assert (held("clamp-all", FELT) == 17.5 + np.arange(7)).all()


def test_the_yoked_feel_what_another_felt_at_the_same_step():
    assert np.array_equal(held("yoked", FELT), FELT[::-1])


def test_the_intact_and_the_disturbed_are_left_free():
    assert (held("intact", FELT) == FREE).all()
    strength, lever = disturbance("sticky-lesion-all")
    assert (strength.sticky, strength.noise, strength.scale, lever) == (0.25, 0.0, 1.0, "lesion-all")
    assert disturbance("lesion-fear")[1] == "lesion-fear"


def test_settings_are_the_same_for_all_environments():
    made = settings([np.zeros(7, np.float32), np.ones(7, np.float32)])
    concern, curiosity = (EMOTIONS.index(name) for name in ("concern", "curiosity"))
    assert (made["mean"] == 0.5).all()
    assert made["plain"][concern] == 1
    assert np.array_equal(np.delete(made["plain"], concern), np.delete(ABSENT, concern))
    assert np.flatnonzero(made["curious"] != made["plain"]).tolist() == [curiosity]
    assert np.allclose(made["half"], (made["plain"] + made["mean"]) / 2)
    assert np.array_equal(held("try-half", FELT, made["half"])[1, 2], made["half"])


def test_there_are_enough_environments():
    assert len(ENVIRONMENTS) == len({one.folder for one in ENVIRONMENTS}) >= 20
    assert set(QUICK) < {one.name for one in ENVIRONMENTS}
    assert Environment("gymnax:Freeway-MinAtar", 1).job().action_space.n == 3


def test_environments_that_cannot_be():
    assert scaled(["worlds:prey-7"], 0.1) == (Environment("worlds:prey-7", 500),)
    with pytest.raises(InvalidArgument, match="is left with 5 steps"):
        scaled([], 0.001)
    with pytest.raises(InvalidArgument, match="named once"):
        scaled(["worlds:prey-7"] * 2, 1.0)
    with pytest.raises(InvalidArgument, match="CartPole-v1 is no job in JAX"):
        Environment("CartPole-v1", 1).job()
