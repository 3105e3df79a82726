"""Programs beside a command: what they said last, and that none is left."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from trainee.cli.children import Child, stop, undisturbed

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(0, flush=True); time.sleep(60)"


def child(program: str, tmp_path: Path, name: str = "one") -> Child:
    return Child(name, (sys.executable, "-c", program), tmp_path / f"{name}.log")


def test_the_last_words_are_the_last_lines_and_the_exit_code(tmp_path: Path) -> None:
    one = child("import sys; [print('line', i) for i in range(99)]; sys.exit('[red] over')", tmp_path)
    one.wait(30)
    said = "".join(f"\n  line {i}" for i in range(94, 99))
    assert one.last_words() == f"one ended with exit code 1.{said}\n  [red] over"


def test_one_that_says_nothing(tmp_path: Path) -> None:
    one = child("pass", tmp_path)
    one.wait(30)
    assert one.last_words() == "one ended with exit code 0. It said nothing."


def test_stop_ends_what_runs_and_what_does_not_listen(tmp_path: Path) -> None:
    children = [child("import time; time.sleep(60)", tmp_path, "two"), child(STUBBORN, tmp_path, "three")]
    while not children[1].said.read_bytes():
        time.sleep(0.01)
    started = time.monotonic()
    stop(children, patience_s=0.5)
    assert [one.exit_code for one in children] == [-15, -9]
    assert time.monotonic() - started < 10
    stop(children, patience_s=0.5)


def test_a_signal_that_comes_while_a_child_is_started_waits_until_it_is_known():
    known, came = [], []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(list(known)))
    try:
        with undisturbed():
            signal.raise_signal(signal.SIGTERM)
            known.append("child")
        assert came == [["child"]]
        signal.raise_signal(signal.SIGTERM)
        assert len(came) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
