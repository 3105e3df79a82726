from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from trainee.learner.update import Rule, improved, learned, td_errors
from trainee.types import Observation, TimeStep

variants = pytest.mark.parametrize("variant", [lambda f, **_: f, jax.jit], ids=["plain", "jit"])

# One component with two choices, three time steps, two transitions.
ONLINE = [[[1.0, 2.0]], [[3.0, 1.0]], [[0.0, 4.0]]]
SLOW = [[[0.0, 0.0]], [[5.0, 7.0]], [[6.0, 8.0]]]
# Another head, which would choose otherwise wherever it is asked.
CHOOSER = [[[9.0, 0.0]], [[0.0, 9.0]], [[7.0, 1.0]]]
EVERYTHING = [[[True, True]]] * 3
NO, YES = False, True


def errors(
    variant=jax.jit, online=ONLINE, slow=SLOW, taken=(0, 0), allowed=EVERYTHING, discount=(1, 1, 1),
    first=(NO, NO, NO), last=(NO, NO, NO), trace=0.8, tolerance=1.0, chooser=None,
):  # fmt: skip
    """Of a head that chooses the next action by its own utilities, unless there is another `chooser`."""
    chooser = jnp.array(online if chooser is None else chooser)
    nothing = Observation(jnp.zeros((3, 0)), jnp.zeros((3, 0), jnp.int32), ())
    rewards, discounts = jnp.array([99.0, 10.0, 20.0]), jnp.array(discount, jnp.float32)
    window = TimeStep(nothing, rewards, discounts, jnp.array(first), jnp.array(last))
    weights = jax.nn.one_hot(jnp.array(taken), 2)
    weights = weights[:, None] if weights.ndim == 2 else weights
    rule = Rule(0.5, trace, tolerance)
    return variant(td_errors)(jnp.array(online), chooser, jnp.array(slow), window, weights, jnp.array(allowed), rule)


@variants
def test_the_online_utilities_choose_and_the_slow_ones_judge(variant):
    # 10 + ½·5 − 1 and 20 + ½·8 − 3: the slow 7 of the other choice is not seen.
    np.testing.assert_allclose(errors(variant, trace=0.0), [11.5, 21.0], rtol=1e-6)


@variants
def test_another_head_chooses_and_the_slow_utilities_of_this_one_judge(variant):
    # 10 + ½·7 − 1 and 20 + ½·6 − 3: each time the choice that this head thinks less of.
    np.testing.assert_allclose(errors(variant, trace=0.0, chooser=CHOOSER), [12.5, 20.0], rtol=1e-6)


@variants
def test_regret_is_by_what_this_head_would_have_chosen_itself(variant):
    # What was taken on the way is what the other head chooses; to this one it looks worse by 2, which halves the trace.
    # 20 + ½·6 = 23; 10 + ½·(0.6·7 + 0.4·23) − 1.
    found = errors(variant, taken=(0, 1), tolerance=2 / np.log(2), chooser=CHOOSER)
    np.testing.assert_allclose(found, [15.7, 22.0], rtol=1e-5)


def test_what_is_forbidden_is_not_chosen_by_another_head():
    allowed = [[[True, True]], [[True, False]], [[False, True]]]
    # 10 + ½·5 − 1; 20 + ½·8 − 3.
    np.testing.assert_allclose(errors(allowed=allowed, trace=0.0, chooser=CHOOSER), [11.5, 21.0], rtol=1e-6)


@variants
def test_the_trace_takes_from_the_return_that_follows(variant):
    # 20 + ½·8 = 24; 10 + ½·(0.2·5 + 0.8·24) − 1.
    np.testing.assert_allclose(errors(variant), [19.1, 21.0], rtol=1e-6)


@variants
def test_the_trace_fades_with_regret(variant):
    # The choice taken on the way looks worse by 2, which halves the trace: 10 + ½·(0.6·5 + 0.4·24) − 1.
    np.testing.assert_allclose(errors(variant, taken=(0, 1), tolerance=2 / np.log(2)), [15.3, 23.0], rtol=1e-5)


def test_regret_at_the_beginning_of_the_window_fades_nothing():
    same = errors(taken=(1, 0), tolerance=1e-3)
    # Only what was believed of the first choice changes: 2 and not 1.
    np.testing.assert_allclose(same, [18.1, 21.0], rtol=1e-6)


def test_termination_counts_nothing_of_what_follows():
    ended = errors(discount=(1, 0, 1), last=(NO, YES, NO), first=(NO, NO, YES))
    np.testing.assert_allclose(ended, [9.0, 0.0], rtol=1e-6)


def test_a_time_limit_bootstraps_and_cuts_the_trace():
    stopped = errors(last=(NO, YES, NO), first=(NO, NO, YES))
    np.testing.assert_allclose(stopped, [11.5, 0.0], rtol=1e-6)


@pytest.mark.parametrize("broken", [{"last": (NO, YES, NO)}, {"first": (NO, NO, YES)}], ids=["last", "first"])
def test_either_boundary_breaks_the_link(broken):
    np.testing.assert_allclose(errors(**broken), [11.5, 0.0], rtol=1e-6)


def test_the_final_observation_is_learned_from():
    np.testing.assert_allclose(errors(last=(NO, NO, YES), discount=(1, 1, 0)), [17.5, 17.0], rtol=1e-6)


def test_what_is_forbidden_is_not_the_best():
    allowed = [[[True, True]], [[False, True]], [[True, False]]]
    # 10 + ½·7 − 1; 20 + ½·6 − 1.
    np.testing.assert_allclose(errors(taken=(0, 1), allowed=allowed, trace=0.0), [12.5, 22.0], rtol=1e-6)


def test_there_is_no_regret_for_what_is_forbidden():
    allowed = [[[True, True]], [[False, True]], [[True, True]]]
    # 10 + ½·(0.2·7 + 0.8·24) − 1.
    np.testing.assert_allclose(errors(taken=(0, 1), allowed=allowed, tolerance=1e-3), [19.3, 23.0], rtol=1e-6)


@variants
@pytest.mark.parametrize("row", [1, 2])
def test_a_last_time_step_may_forbid_everything(variant, row):
    allowed = [[[True, True]] if t != row else [[False, False]] for t in range(3)]
    last = [t == row for t in range(3)]
    discount = [0.0 if t == row else 1.0 for t in range(3)]
    np.testing.assert_allclose(
        errors(variant, allowed=allowed, last=last, discount=discount)[row - 1], [9.0, 17.0][row - 1]
    )


def test_a_trace_is_never_longer_than_its_rule():
    # The action taken on the way has since been forbidden; it looks better than the best that is left.
    allowed = [[[True, True]], [[False, True]], [[True, True]]]
    # 10 + ½·(0.2·7 + 0.8·24) − 1.
    np.testing.assert_allclose(errors(allowed=allowed)[0], 19.3, rtol=1e-6)


def test_values_and_regret_are_means_over_components():
    online = [[[1.0, 2.0], [5.0, 0.0]], [[3.0, 1.0], [0.0, 2.0]], [[0.0, 4.0], [1.0, 0.0]]]
    slow = [[[0.0, 0.0]] * 2, [[5.0, 7.0], [1.0, 3.0]], [[6.0, 8.0], [2.0, 9.0]]]
    found = errors(
        online=online, slow=slow, taken=((0, 1), (0, 0)), allowed=[[[True, True]] * 2] * 3,
        tolerance=1 / np.log(2),
    )  # fmt: skip
    # Judged (8 + 2)/2 = 5 and (5 + 3)/2 = 4; regret (3 + 2)/2 − (3 + 0)/2 = 1 halves the trace.
    # 20 + ½·5 − 1.5; 10 + ½·(0.6·4 + 0.4·22.5) − 0.5.
    np.testing.assert_allclose(found, [15.2, 21.0], rtol=1e-5)


def test_the_gradient_flows_through_what_was_believed_and_not_through_targets():
    def total(online, slow, chooser):
        return jnp.sum(errors(lambda f: f, online, slow, taken=(0, 1), chooser=chooser))

    gradients = jax.jit(jax.grad(total, argnums=(0, 1, 2)))
    for chooser in (ONLINE, CHOOSER):
        of_online, of_slow, of_chooser = gradients(jnp.array(ONLINE), jnp.array(SLOW), jnp.array(chooser))
        assert of_online.tolist() == [[[-1.0, 0.0]], [[0.0, -1.0]], [[0.0, 0.0]]]
        assert not np.any(of_slow)
        assert not np.any(of_chooser)


def test_no_gradient_across_a_boundary():
    def total(online):
        return jnp.sum(errors(lambda f: f, online, last=(YES, NO, NO)))

    assert jax.jit(jax.grad(total))(jnp.array(ONLINE)).tolist() == [[[0.0, 0.0]], [[-1.0, 0.0]], [[0.0, 0.0]]]


def test_errors_of_a_batch_are_those_of_each():
    batch = jnp.stack([jnp.array(ONLINE), 2 * jnp.array(ONLINE)])
    together = jax.jit(jax.vmap(lambda online: errors(lambda f: f, online)))(batch)
    np.testing.assert_allclose(together, jnp.stack([errors(online=online) for online in batch]), rtol=1e-6)


def test_the_slow_parameters_follow():
    optimiser = optax.sgd(0.5)
    part = learned({"weight": jnp.array([1.0, 2.0])}, optimiser)
    assert part.slow["weight"].tolist() == [1.0, 2.0]
    gradient = {"weight": jnp.array([2.0, -4.0])}
    part = jax.jit(lambda p, g: improved(p, g, optimiser, 0.25))(part, gradient)
    # A step of −½·gradient, and a quarter of the way after it.
    assert part.now["weight"].tolist() == [0.0, 4.0]
    assert part.slow["weight"].tolist() == [0.75, 2.5]
