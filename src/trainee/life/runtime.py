"""How JAX runs on a host: compiled programs are kept on disk, and a step does not change threads."""

from __future__ import annotations

import functools
import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import jax

# Both hand parts of a program to other threads.
THREADED = ("xla_cpu_multi_thread_eigen", "xla_cpu_enable_concurrency_optimized_scheduler")
POOL_SIZE = "NPROC"


@functools.cache
def prepare() -> None:
    """Set JAX up for learning on a host. What the user has set stays as it is; has no effect the second time.

    A step of the learner is a tenth of a millisecond of small operations: handing it to another thread, or splitting
    its matrices over several, costs more than it gains.
    """
    if not getattr(jax.config, "jax_compilation_cache_dir", None):
        home = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(home / "trainee" / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    chosen = os.environ.get("XLA_FLAGS", "")
    ours = [f"--{name}=false" for name in THREADED if name not in chosen]
    os.environ["XLA_FLAGS"] = " ".join([chosen, *ours]).strip()
    with _one_thread():
        jax.local_devices()


@contextmanager
def _one_thread() -> Iterator[None]:
    """XLA makes a pool of as many threads as this variable says when it starts, and never another."""
    before = os.environ.get(POOL_SIZE)
    os.environ.setdefault(POOL_SIZE, "1")
    try:
        yield
    finally:
        if before is None:
            del os.environ[POOL_SIZE]


def end_with_the_parent() -> None:
    """In a process that another started: where that one is killed, this one would otherwise go on to its end."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
