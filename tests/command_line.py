"""The command line in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from trainee.cli import main

Run = Callable[..., tuple[int, str, str]]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line: exit code, standard output, standard error."""

    def of(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["trainee", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return of
