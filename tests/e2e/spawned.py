"""Processes and their ends."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Trainee = Callable[..., subprocess.Popen]


def ended(process: subprocess.Popen, timeout_s: float = 120) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err = process.communicate(timeout=timeout_s)
    return process.returncode, out, err
