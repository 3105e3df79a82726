"""How JAX runs on a host: compiled programs are kept on disk, and a step does not change threads."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import jax


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
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
