"""The charter: what goes on in a home is the fleet that was begun there."""

from __future__ import annotations

import dataclasses

import pytest

from trainee.errors import DamagedPart, InvalidArgument
from trainee.fleet import Charter, begun

ASKED = Charter(("a", "b", "c"), 2, 0, 64)


def test_the_same_fleet_goes_on(tmp_path):
    begun(tmp_path / "crew", ASKED)
    begun(tmp_path / "crew", ASKED)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"workers": 3}, "was begun with --workers 2, and is asked to go on with --workers 3"),
        ({"seed": 1, "width": 32}, "with --seed 0 --width 64, and is asked to go on with --seed 1 --width 32"),
        ({"jobs": ("b", "a", "c")}, "was begun with a b c, and is asked to go on with b a c"),
    ],
)
def test_another_fleet_is_refused(tmp_path, other, told):
    begun(tmp_path, ASKED)
    with pytest.raises(InvalidArgument, match=told):
        begun(tmp_path, dataclasses.replace(ASKED, **other))
    begun(tmp_path, ASKED)


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b'{"jobs": []}', b"\xff"])
def test_a_damaged_one_is_named(tmp_path, written):
    (tmp_path / "fleet.json").write_bytes(written)
    with pytest.raises(DamagedPart, match=r"fleet\.json does not say what the fleet was begun with"):
        begun(tmp_path, ASKED)
