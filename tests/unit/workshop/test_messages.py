"""Lines: messages arrive whole and in order, however they are cut on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from trainee.workshop.lines import Lines, written


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Lines]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, Lines(theirs)


def test_messages_that_are_cut_and_joined_arrive_whole(ends):
    ours, lines = ends
    messages = [{"id": n, "told": ["ü" * n, None, 0.1 * n]} for n in range(5)]
    raw, heard = b"".join(map(written, messages)), []
    for start in range(0, len(raw), 7):
        ours.sendall(raw[start : start + 7])
        heard += lines.read(1.0)
    assert heard == messages
    assert lines.read(0.0) == []


def test_nothing_more_can_come_where_nobody_is_there(ends):
    ours, lines = ends
    ours.sendall(b'{"half": ')
    assert lines.read(1.0) == []
    ours.close()
    assert lines.read(1.0) is None


def test_numbers_arrive_as_they_were(ends):
    ours, lines = ends
    numbers = [0.1, 1e-300, 3.4028234663852886e38, -0.0, float("inf")]
    ours.sendall(written(numbers))
    assert lines.read(1.0) == [numbers]
