"""What tests of the log share: what they have written, and how they are refused."""

from __future__ import annotations

import pytest

from trainee.errors import RecordUnavailable
from trainee.record.events import Draft


def group(key, size=1):
    return [Draft("decision", "cooling", {"text": "x" * size}, key)]


def refused(log, words, *groups):
    """The log refuses to append, in these words, and is as it was."""
    last = log.last()
    with pytest.raises(RecordUnavailable) as caught:
        log.append(groups or [group("refused")])
    message = str(caught.value)
    assert "acknowledged" in message
    for word in words:
        assert word in message
    assert log.last() == last
    assert log.find("refused") is None
    return message
