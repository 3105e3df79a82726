"""Jobs: made once, and made ready."""

from __future__ import annotations

from trainee.record.events import Draft
from trainee.serve.board import JobEntry
from trainee.serve.bodies import NewJob
from trainee.serve.reading import digest
from trainee.serve.refusals import Refused
from trainee.serve.service import Service

# Jobs that there may be.
MOST_JOBS = 100


async def make(service: Service, asked: NewJob) -> JobEntry:
    """Make a job, or find it made.

    Raises:
      Refused: there is one of this name that is another, or there are too many.
      UnsupportedSpace, InvalidArgument: its spaces cannot be learned from.
    """
    body = asked.model_dump()
    key, said = f"j:{asked.job}", digest(body)
    if asked.job not in service.jobs:
        if len(service.jobs) >= MOST_JOBS:
            raise Refused("full", f"there are {MOST_JOBS} jobs, and no more may be")
        await service.workshop.call("check", body)
    await service.once([Draft("job_made", asked.job, body, key, said)], key, said)
    await service.ready(asked.job)
    return service.jobs[asked.job]
