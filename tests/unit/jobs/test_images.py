from __future__ import annotations

import pytest

from trainee.jobs.images import image_axes


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((84, 84, 4), (0, 1, 2)),
        ((4, 84, 84), (1, 2, 0)),
        ((12, 84, 84), (1, 2, 0)),
        ((3, 96, 128), (1, 2, 0)),
        ((96, 128, 3), (0, 1, 2)),
        ((10, 10, 10), (0, 1, 2)),
        ((8, 10, 16), (0, 1, 2)),
        ((4, 84, 84, 3), (1, 2, 0, 3)),
        ((2, 4, 84, 84), (2, 3, 0, 1)),
        ((4, 84, 4), None),
        ((2, 3, 50), None),
        ((3, 3, 3, 3), None),
        ((84, 84), None),
        ((), None),
    ],
)
def test_height_width_and_channels_are_told_apart(shape, axes):
    assert image_axes(shape) == axes
