from __future__ import annotations

import json

import pytest

from trainee.errors import InvalidArgument, NewerFormat
from trainee.record import Entry, Manifest
from trainee.record.manifest import decode, encode

EXAMPLE = Manifest(3, {"step": 1_204, "jobs": ["é\ud800", None, 1.5e-7]}, {"streams/é": Entry("streams/a/1", 5, "ab")})


def test_a_manifest_is_json_that_decodes_to_itself():
    data = encode(EXAMPLE)
    assert decode(data) == EXAMPLE
    assert json.loads(data)["parts"] == {"streams/é": {"file": "streams/a/1", "bytes": 5, "sha256": "ab"}}
    assert encode(decode(data)) == data


def test_infinities_and_nan_come_back():
    about = decode(encode(Manifest(1, {"values": [float("inf"), float("-inf"), float("nan")]}, {}))).about
    assert str(about["values"]) == "[inf, -inf, nan]"


def test_every_truncation_and_every_flipped_bit_is_noticed():
    data = encode(EXAMPLE)
    for end in range(len(data)):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever of JSON, Unicode and the hash notices first
            decode(data[:end])
    later = []
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            decode(bytes(flipped))
        except NewerFormat as error:
            later.append(str(error))
        except ValueError:
            pass
        else:
            pytest.fail(f"bit {bit} of the manifest may flip unnoticed")
    # The format's own digit, 1, is three flips from a larger one: 3, 5 and 9.
    assert [message.split(",")[0] for message in later] == ["has format 3", "has format 5", "has format 9"]
    assert all("Or it is damaged" in message for message in later)


def test_a_later_format_is_told_apart_from_damage(as_format, tmp_path):
    path = tmp_path / "manifest.json"
    path.write_bytes(encode(EXAMPLE))
    as_format(path, 2)
    with pytest.raises(NewerFormat, match=r"^has format 2, and this version of trainee reads formats up to 1\.$"):
        decode(path.read_bytes())


@pytest.mark.parametrize("about", [{"a": {1, 2}}, {"a": b""}, {"a": {("b", "c"): 1}}])
def test_what_json_cannot_hold_is_refused(about):
    with pytest.raises(InvalidArgument, match="Use str, int, float, bool, None"):
        encode(Manifest(1, about, {}))


@pytest.mark.parametrize(
    ("about", "title"),
    [({"step": 20_000}, "generation 3, step 20,000"), ({}, "generation 3"), ({"step": "x"}, "generation 3")],
)
def test_a_title_says_how_far_a_checkpoint_is(about, title):
    assert Manifest(3, about, {}).title == title
