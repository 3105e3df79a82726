"""The log of a life on the disk."""

from __future__ import annotations

import pytest

from trainee.errors import SaveFailed
from trainee.exams.life.log import LIFE, PLAY, Played, Row, played, rows, write_played, write_rows


def test_what_is_written_is_read(tmp_path):
    assert rows(tmp_path / "new") == []
    one = Row("A", "W", 10, [(5, 1.0)], {"A": [2.0, 3.0]}, 10, 1.5, 0.5, 0.25, {"rank": 3.0})
    other = Row("B", "W", 20, [])
    write_rows(tmp_path / "new", [one])
    write_rows(tmp_path / "new", [other])
    assert rows(tmp_path / "new") == [one, other]
    write_played(tmp_path, Played("A", [1.0], "left out", 2.0))
    assert played(tmp_path) == {"A": Played("A", [1.0], "left out", 2.0)}


def test_a_line_that_was_cut_short_is_none_and_is_written_over(tmp_path):
    row = Row("A", "W", 10, [])
    write_rows(tmp_path, [row, row])
    whole = (tmp_path / LIFE).read_bytes()
    for lost in (1, 10):
        (tmp_path / LIFE).write_bytes(whole[:-lost])
        assert rows(tmp_path) == [row]
        write_rows(tmp_path, [row])
        assert (tmp_path / LIFE).read_bytes() == whole
    (tmp_path / PLAY).write_bytes(b'{"jo')
    write_played(tmp_path, Played("A", []))
    assert list(played(tmp_path)) == ["A"]


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed, match=r"life\.jsonl could not be written.*Make room"):
        write_rows(tmp_path / "file", [Row("A", "W", 10, [])])
