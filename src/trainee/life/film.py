"""Film: a job's pictures, written to a video as they come."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from trainee.errors import InvalidArgument, MissingExtra
from trainee.jobs import GymnasiumJob, Job

FRAMES_PER_SECOND = 30


class Film:
    """A video of one job, `.mp4` or `.gif`; it is opened before the job begins, so that it is known that it can be."""

    def __init__(self, path: Path, job: Job):
        """Open the video.

        Args:
          path: the file, in a folder that exists.
          job: a Gymnasium environment that gives pictures.
        Raises:
          InvalidArgument: it can be no video, or the job cannot be filmed.
          MissingExtra: the library that writes it is not installed.
        """
        if not isinstance(job, GymnasiumJob):
            raise InvalidArgument(f"{job.name} is not a Gymnasium environment: only those can be filmed")
        # Pictures need no sound, and a machine without a sound card is loud about it.
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
        self._job, self._is_gif = job, path.suffix == ".gif"
        self._writer = _writer(path, int(job.env.metadata.get("render_fps") or FRAMES_PER_SECOND))

    def shoot(self) -> None:
        """Add a picture of the job as it is now."""
        frame = self._job.frame()
        # Codecs want even sizes; the last odd row and column are left out.
        height, width = (size if self._is_gif else size // 2 * 2 for size in frame.shape[:2])
        with warnings.catch_warnings():
            # That a process is forked beside JAX's threads: it is one that becomes ffmpeg at once.
            warnings.simplefilter("ignore", RuntimeWarning)
            self._writer.append_data(frame[:height, :width])

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def _writer(path: Path, frames_per_second: int) -> Any:
    if path.suffix not in {".mp4", ".gif"}:
        raise InvalidArgument(f"a video's name must end in .mp4 or .gif, not {path.name!r}")
    try:
        from imageio import v2  # noqa: PLC0415 an optional library

        if path.suffix == ".gif":
            return v2.get_writer(path, mode="I", duration=1000 / frames_per_second, loop=0)
        return v2.get_writer(path, fps=frames_per_second, macro_block_size=1)
    except ImportError as error:
        raise MissingExtra("imageio, or its imageio-ffmpeg,", "video", "writing a video") from error
    except OSError as error:
        raise InvalidArgument(f"no video can be written to {path}: {error}. Choose another folder") from error
