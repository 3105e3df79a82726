"""`trainee --help` waits for nothing."""

from __future__ import annotations

import subprocess
import sys
import time

# The least of several, since the machine may be at something else.
RUNS, MOST_S = 6, 0.4
LATE = ("jax", "numpy", "gymnasium", "equinox", "rich.live", "matplotlib")


def test_help_is_there_at_once() -> None:
    took_s = []
    for _ in range(RUNS):
        started = time.perf_counter()
        said = subprocess.run(
            [sys.executable, "-c", "from trainee.cli import main; main()", "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        took_s.append(time.perf_counter() - started)
    assert min(took_s) < MOST_S
    for command in ("learn", "evaluate", "check", "demo"):
        assert command in said.stdout


def test_help_imports_no_jax() -> None:
    ask = (
        "import sys\nfrom trainee.cli import main\nsys.argv = ['trainee', 'learn', '--help']\n"
        f"try:\n    main()\nfinally:\n    print([name for name in {LATE} if name in sys.modules], file=sys.stderr)"
    )
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert asked.stderr.strip() == "[]"
    assert "--steps" in asked.stdout
