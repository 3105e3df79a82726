"""Runs of bsuite: a new agent with defaults at each setting, recorded by bsuite's own recorder."""

from __future__ import annotations

import contextlib
import io
import time
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from trainee.errors import MissingExtra
from trainee.exams.runs import Part
from trainee.jobs import DmEnvJob
from trainee.life import Errand, Logbook, run_abreast

# Files and folders of the package that decide what is done here, beside the learner and its emotions.
WORK = ("exams/bsuite/load.py", "jobs/dm_env.py", "life/abreast.py")
# Agents beside each other in a process.
ABREAST = 8


def require_bsuite() -> Any:
    """bsuite, with its experiments.

    Raises:
      MissingExtra: it is not installed.
    """
    try:
        import bsuite  # noqa: PLC0415 an optional library
        import bsuite.sweep  # noqa: PLC0415 an optional library
    except ImportError as error:
        raise MissingExtra("bsuite", "exams", "the exam bsuite") from error
    return bsuite


def runs_of(bsuite_ids: Sequence[str], results: Path) -> Iterator[tuple[str, float | Part]]:
    """Work at each setting for all of its episodes, a new agent at each; earlier records are written over.

    Args:
      bsuite_ids: such as `catch/3`, of one signature; the longest first.
      results: folder of the records.
    Yields:
      the setting that has just ended, and how many steps a second those that have ended took, all in all; and now and
      then how far one under way is.
    """
    bsuite = require_bsuite()
    errands = [
        Errand(one, partial(_recorded, one, results), bsuite.sweep.EPISODES[one], zlib.crc32(one.encode()) % 2**31)
        for one in bsuite_ids
    ]
    begun_s, steps = time.perf_counter(), 0
    for errand, came in run_abreast(errands, ABREAST):
        if isinstance(came, Logbook):
            steps += came.steps
            yield errand.name, steps / (time.perf_counter() - begun_s)
        else:
            yield errand.name, Part(came)


def signature(bsuite_id: str) -> str:
    """What a setting looks like to an agent: settings of one signature can be worked at side by side."""
    with contextlib.redirect_stdout(io.StringIO()):
        return DmEnvJob(require_bsuite().load_from_id(bsuite_id)).spec.signature.id


def _recorded(bsuite_id: str, results: Path) -> DmEnvJob:
    # It prints which id it loads.
    with contextlib.redirect_stdout(io.StringIO()):
        env = require_bsuite().load_and_record_to_csv(bsuite_id, str(results), overwrite=True)
    return DmEnvJob(env, bsuite_id)
