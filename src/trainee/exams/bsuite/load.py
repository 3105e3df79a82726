"""One run of bsuite: a new agent with defaults at one experiment in one setting, recorded by bsuite's own recorder."""

from __future__ import annotations

import contextlib
import io
import time
import zlib
from pathlib import Path
from typing import Any

from trainee.errors import MissingExtra
from trainee.jobs import DmEnvJob
from trainee.life import MOST_STEPS, Agent, Decision, TimeStep, Work


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


def run(bsuite_id: str, results: Path) -> float:
    """Work at one setting for all of its episodes; what an earlier try recorded is written over.

    Args:
      bsuite_id: such as `catch/3`.
      results: folder of the records.
    Returns:
      steps a second.
    """
    bsuite = require_bsuite()
    # It prints which id it loads.
    with contextlib.redirect_stdout(io.StringIO()):
        env = bsuite.load_and_record_to_csv(bsuite_id, str(results), overwrite=True)
    episodes, agent = env.bsuite_num_episodes, Agent(seed=zlib.crc32(bsuite_id.encode()) % 2**31)

    def going(work: Work, time_step: TimeStep, decision: Decision) -> bool:
        return not (time_step.last and len(work.logbook.episodes) >= episodes)

    begun_s = time.perf_counter()
    stint = agent.learn(DmEnvJob(env, bsuite_id), MOST_STEPS, on_step=going)
    return stint.steps / (time.perf_counter() - begun_s)
