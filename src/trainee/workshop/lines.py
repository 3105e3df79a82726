"""Lines: how the service and its workshop talk, one JSON object a line over a pair of sockets."""

from __future__ import annotations

import json
import selectors
import socket
import threading
from typing import Any

# What is read at once.
CHUNK = 2**20


def written(message: Any) -> bytes:
    """A message as its line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class Lines:
    """The workshop's end. One thread reads; any may send.

    Args:
      ours: the socket.
    """

    def __init__(self, ours: socket.socket):
        self._socket, self._turn = ours, threading.Lock()
        self._begun = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(ours, selectors.EVENT_READ)

    def send(self, message: Any) -> None:
        """Send a message.

        Raises:
          OSError: nobody is there any more.
        """
        line = written(message)
        with self._turn:
            self._socket.sendall(line)

    def read(self, patience_s: float) -> list[Any] | None:
        """The messages that have come, after waiting for one for so long; None where no more can come."""
        if not self._selector.select(patience_s):
            return []
        try:
            chunk = self._socket.recv(CHUNK)
        except ConnectionError:
            return None
        if not chunk:
            return None
        self._begun += chunk
        if b"\n" not in chunk:
            return []
        *whole, rest = self._begun.split(b"\n")
        self._begun = bytearray(rest)
        return [json.loads(line) for line in whole]
