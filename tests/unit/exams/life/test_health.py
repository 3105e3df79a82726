"""How able to learn a brain still is, beside numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainee.exams.life.health import dormant_share, effective_rank, weight_norm


def test_a_unit_is_dormant_that_is_active_a_fortieth_as_much_as_the_layer():
    # The layer's mean is 1: at most 0.025 is dormant, 0.03 is not.
    activations = np.array([[0.0, 0.02, 0.03, 3.95], [0.0, 0.02, 0.03, 3.95]])
    assert dormant_share(activations) == 0.5
    assert dormant_share(np.ones((5, 3))) == 0.0
    assert dormant_share(np.zeros((5, 3))) == 1.0


def test_the_effective_rank_counts_directions_by_how_much_there_is_in_them():
    assert effective_rank(np.eye(4)) == pytest.approx(4.0)
    assert effective_rank(np.outer(np.arange(1, 5), np.arange(1, 4)).astype(float)) == pytest.approx(1.0)
    # Shares of 3/4 and 1/4.
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert effective_rank(np.diag([3.0, 1.0])) == pytest.approx(expected)
    assert effective_rank(np.zeros((3, 2))) == 0.0


def test_the_norm_is_of_all_numbers():
    assert weight_norm({"a": np.array([3.0]), "b": (np.array([[4.0]]), None)}) == 5.0
