"""Feelings between the command line's files and an agent's work: what is felt is written down, or read and tied to."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trainee.errors import InvalidArgument, SaveFailed

if TYPE_CHECKING:
    from trainee.life import Agent, Callback


def tied(agent: Agent, wanted: Sequence[str]) -> list[Callback]:
    """What ties emotions to traces, each given as `EMOTION=FILE`.

    Raises:
      InvalidArgument: it is given otherwise, there is no such emotion, or the file holds no trace.
    """
    import numpy as np  # noqa: PLC0415 kept out of --help

    from trainee.life import Yoke  # noqa: PLC0415 kept out of --help

    ties: list[Callback] = []
    for one in wanted:
        name, given, path = one.partition("=")
        if not given or not path:
            raise InvalidArgument(f"--yoke takes EMOTION=FILE, such as fear=felt.npy or all=felt.npy, not {one!r}")
        try:
            trace = np.load(path, allow_pickle=False)
            if not isinstance(trace, np.ndarray):
                raise ValueError("it holds several arrays, where a trace is one")
        except (OSError, ValueError, EOFError) as error:
            raise InvalidArgument(
                f"no trace of feelings can be read from {path}: {error}. Have one written by --felt"
            ) from error
        ties.append(Yoke(agent, [name], trace))
    return ties


@contextmanager
def written_down(path: Path | None) -> Iterator[list[Callback]]:
    """What writes down what is felt, if there is a file for it; it is written however the work ends.

    Raises:
      InvalidArgument: there is such a file already.
      SaveFailed: it could not be written.
    """
    if path is None:
        yield []
        return
    import numpy as np  # noqa: PLC0415 kept out of --help

    from trainee.life import Felt  # noqa: PLC0415 kept out of --help
    from trainee.record import durable  # noqa: PLC0415 kept out of --help

    if path.exists():
        raise InvalidArgument(f"{path} is there already: give --felt another file, or remove this one")
    felt, buffer = Felt(), io.BytesIO()
    try:
        yield [felt]
    finally:
        if len(felt.trace):
            np.save(buffer, felt.trace)
            try:
                durable.make_folder(path.absolute().parent)
                durable.write(path, buffer.getvalue())
            except OSError as error:
                raise SaveFailed(
                    f"what was felt could not be written to {path}: {error}. Give another --felt"
                ) from error
