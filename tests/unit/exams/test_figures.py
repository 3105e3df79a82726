"""The figures: what they draw, what they say, and stretches with little or nothing in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from trainee.exams.drawing import house_style
from trainee.exams.figures import LINE_POINTS, learning_curve, mean_span, retained, values_compared, values_over_steps
from trainee.exams.stretch import newest_stretch
from trainee.life import Episode, Logbook

ALL = (learning_curve, values_over_steps, values_compared)


def figure(draw, episodes, steps, points=1_500, begin=0):
    with house_style():
        return draw(newest_stretch(Logbook(0.99, begin + steps, episodes), steps), points, "figure")


def markers(svg: str) -> list[tuple[float, float]]:
    uses = ElementTree.fromstring(svg).iter("use")
    return [(float(use.get("x", "nan")), float(use.get("y", "nan"))) for use in uses]


def lines(svg: str, colour: str) -> list[np.ndarray]:
    """The vertices `[count, 2]` of each line of a colour."""
    paths = [p for p in ElementTree.fromstring(svg).iter("path") if f"stroke: var(--{colour}," in p.get("style", "")]
    return [np.array(re.findall(r"[ML] (\S+) (\S+)", path.get("d", "")), float) for path in paths]


@pytest.mark.parametrize("draw", ALL)
def test_it_is_titled_and_described(draw, make_episodes):
    drawn = figure(draw, make_episodes(100), 2_000)
    assert drawn.title
    assert drawn.caption
    assert ElementTree.fromstring(drawn.svg).get("aria-label")


@pytest.mark.parametrize(("draw", "a_point"), [(learning_curve, 1), (values_over_steps, 2), (values_compared, 1)])
def test_each_episode_is_a_point_until_there_are_too_many(draw, a_point, make_episodes):
    few, many = (figure(draw, make_episodes(count), 20 * count, points=300) for count in (120, 2_000))
    assert len(markers(few.svg)) == 120 * a_point
    assert "are drawn" not in few.caption
    assert len(markers(many.svg)) == 300
    assert f"{300 // a_point} of 2,000 episodes are drawn" in many.caption


def test_a_later_return_is_further_right_and_a_larger_one_is_higher():
    episodes = [Episode(25, 25, -1.0, 0.0, 0.0), Episode(75, 50, 5.0, 0.0, 0.0)]
    (x1, y1), (x2, y2) = markers(figure(learning_curve, episodes, 100).svg)
    # The axis reaches from 46 to 346: a quarter and three quarters of the steps.
    assert (x1, x2) == pytest.approx((121, 271), abs=0.02)
    assert y1 > y2


def test_the_parts_of_the_online_return_are_ten_steps_of_a_line(make_episodes):
    episodes = make_episodes(100)
    drawn = figure(learning_curve, episodes, 2_000)
    (parts,) = lines(drawn.svg, "orange")
    levels = [y for _, y in sorted({(round(x), y) for x, y in parts[1::2]})]
    assert len(set(parts[:, 1])) == 10
    assert levels == sorted(levels, reverse=True), "returns grow, so that each part stands higher than the one before"
    assert (parts[:, 0].min(), parts[:, 0].max()) == pytest.approx((46, 346), abs=0.02)


def test_running_means_of_many_episodes_are_lines_of_few_points(make_episodes):
    drawn = figure(learning_curve, make_episodes(5_000), 100_000)
    (mean,) = lines(drawn.svg, "blue")
    assert len(mean) <= LINE_POINTS
    assert "mean over 4,000 steps" in drawn.caption


def test_a_second_stretch_begins_where_the_first_ended(make_episodes):
    drawn = figure(learning_curve, make_episodes(100), 1_000, begin=1_000)
    assert len(markers(drawn.svg)) == 50
    assert min(x for x, _ in markers(drawn.svg)) > 46
    (parts,) = lines(drawn.svg, "orange")
    assert (parts[:, 0].min(), parts[:, 0].max()) == pytest.approx((46, 346), abs=0.02)
    assert "50 episodes" in drawn.svg


def test_perfect_foresight_lies_on_the_line():
    episodes = [Episode(10 * i, 10, 1.0, float(i), float(i)) for i in range(1, 21)]
    drawn = figure(values_compared, episodes, 200)
    points = np.array(markers(drawn.svg))
    (diagonal,) = lines(drawn.svg, "muted")
    slope = np.diff(diagonal[:, 1]) / np.diff(diagonal[:, 0])
    np.testing.assert_allclose(points[:, 1], diagonal[0, 1] + slope * (points[:, 0] - diagonal[0, 0]), atol=0.05)
    assert "correlation 1.00" in drawn.caption
    assert "mean absolute error 0.00" in drawn.caption


def test_correlation_and_error_are_stated_of_all_episodes():
    # Deviations (−1, 0, 1) and (−1, 1, 0): correlation ½. Errors 3, 4 and 2.
    pairs = [(1.0, 4.0), (2.0, 6.0), (3.0, 5.0)]
    episodes = [Episode(10 * (i + 1), 10, 1.0, *pair) for i, pair in enumerate(pairs)]
    drawn = figure(values_compared, episodes, 30, points=2)
    assert "correlation 0.50" in drawn.caption
    assert "mean absolute error 3.00" in drawn.caption
    assert "over 3 episodes" in drawn.caption
    assert "2 of 3 episodes are drawn" in drawn.caption


def test_the_second_half_is_stated_on_its_own_where_episodes_ended_in_it():
    # Up to step 20 it foresees the opposite; after that it is right but for 1.
    pairs = [(1.0, 9.0), (9.0, 1.0), (5.0, 6.0), (7.0, 8.0)]
    episodes = [Episode(10 * (i + 1), 10, 1.0, *pair) for i, pair in enumerate(pairs)]
    late = "In the second half of the steps: correlation "
    assert f"{late}1.00, mean absolute error 1.00" in figure(values_compared, episodes, 40).caption
    assert f"{late}not defined, mean absolute error 1.00" in figure(values_compared, episodes[:3], 40).caption
    assert late not in figure(values_compared, episodes[:2], 40).caption


@pytest.mark.parametrize("draw", ALL)
def test_a_single_episode_can_be_drawn(draw):
    drawn = figure(draw, [Episode(321, 321, 0.0, 0.0, 0.0)], 500)
    points = np.array(markers(drawn.svg))
    assert len(points)
    assert np.isfinite(points).all()
    assert draw is not values_compared or "correlation not defined" in drawn.caption


def test_values_that_are_not_finite_are_left_out():
    nan, inf = float("nan"), float("inf")
    pairs = [(1.0, 1.0), (nan, 1.0), (1.0, inf), (2.0, 2.0)]
    episodes = [Episode(10 * (i + 1), 10, nan if i == 3 else 1.0, *pair) for i, pair in enumerate(pairs)]
    assert [len(markers(figure(draw, episodes, 40).svg)) for draw in ALL] == [3, 4, 2]
    assert "over 2 episodes" in figure(values_compared, episodes, 40).caption


@pytest.mark.parametrize(("steps", "span"), [(1, 1), (25, 1), (40_000, 1_600)])
def test_a_running_mean_covers_a_twenty_fifth_of_the_steps(steps, span):
    assert mean_span(newest_stretch(Logbook(0.99, steps), steps)) == span


def test_what_is_retained_is_a_point_on_its_interval_beside_the_bar(make_gate):
    with house_style():
        drawn = retained([make_gate("Walk-v0"), make_gate("Run-v0", low=0.9)], 0.95, "figure")
    points = np.array(markers(drawn.svg))
    assert len(points) == 2
    assert points[0, 0] == pytest.approx(points[1, 0], abs=0.02)
    assert points[0, 1] < points[1, 1]
    ranges, bars = lines(drawn.svg, "blue"), lines(drawn.svg, "orange")
    # From 0.97 and from 0.9 to 0.99; the bar of 0.95 lies left of the one, and within the other.
    (above, below), bar = [(line[:, 0].min(), line[:, 0].max()) for line in ranges], bars[0][0, 0]
    assert below[0] < bar < above[0] < points[0, 0] < above[1] == pytest.approx(below[1], abs=0.02)
    texts = [text.text for text in ElementTree.fromstring(drawn.svg).iter("text")]
    assert {"Walk-v0", "Run-v0"} <= set(texts)
    assert "Run-v0 0.979, from 0.900 to 0.990" in drawn.svg
