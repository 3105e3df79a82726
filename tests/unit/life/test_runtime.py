"""How JAX is set up on a host."""

from __future__ import annotations

import os

import pytest

from trainee.life import runtime


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("", "--xla_cpu_multi_thread_eigen=false --xla_cpu_enable_concurrency_optimized_scheduler=false"),
        (
            "--xla_cpu_multi_thread_eigen=true",
            "--xla_cpu_multi_thread_eigen=true --xla_cpu_enable_concurrency_optimized_scheduler=false",
        ),
    ],
    ids=["nothing chosen", "one chosen"],
)
def test_flags_are_added_to_those_that_the_user_chose(monkeypatch, chosen: str, expected: str) -> None:
    monkeypatch.setenv("XLA_FLAGS", chosen)
    # Past what is kept of the first time; JAX has long read its flags.
    runtime.prepare.__wrapped__()
    assert os.environ["XLA_FLAGS"] == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process is bound to cores on Linux only")
def test_cores_are_those_that_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert runtime.cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert runtime.cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
