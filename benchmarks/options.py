"""The command line of a benchmark with a job a line."""

from __future__ import annotations

import argparse
from collections.abc import Collection


def chosen(about: str | None, jobs: Collection[str]) -> tuple[list[str], list[int]]:
    """The names of the jobs to measure and the seeds; ends the program where a name is of none."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(jobs)}; by default all")
    options.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    found = options.parse_args()
    unknown = [name for name in found.names if name not in jobs]
    if unknown:
        options.error(f"no job is named {', '.join(unknown)}: there are {', '.join(jobs)}")
    return found.names or list(jobs), found.seeds
