"""Which observations are images, and which of their axes are which."""

from __future__ import annotations

LEAST_SIDE = 5
FEW_CHANNELS = 5


def image_axes(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order that brings an image's axes to height, width, then all that are channels; None for what is no image.

    The last three axes are an image where its height and width are 5 or more. They are read as height, width, channels,
    unless the first is clearly the channels: fewer than 5, as in (4, 84, 84) and (3, 96, 128), or fewer than the other
    two, which are equal, as in (12, 84, 84). Axes before these, such as a stack of frames, count as channels.
    """
    if len(shape) < 3:
        return None
    first, second, third = shape[-3:]
    rank = len(shape)
    leading = tuple(range(rank - 3))
    channels_first = first < FEW_CHANNELS or first < second == third
    if channels_first and min(second, third) >= LEAST_SIDE:
        return (rank - 2, rank - 1, *leading, rank - 3)
    if min(first, second) >= LEAST_SIDE:
        return (rank - 3, rank - 2, *leading, rank - 1)
    return None
