"""What jobs use of their hosts."""

from datetime import datetime

from runfold.contracts.metrics import Sample
from runfold.domain.errors import NotFound
from runfold.domain.job.state import Job
from runfold.domain.user.authorize import Operation
from runfold.eventlog.metrics import KEPT, LATEST
from runfold.eventlog.port import Unavailable
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.handlers.runs import whole
from runfold.gateway.dialects.dstack.requests.metrics import JobMetricsQuery
from runfold.gateway.dialects.dstack.responses.encode import encoded, micros
from runfold.gateway.dialects.dstack.responses.metrics import metrics
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy


async def of_job(ask: Ask[None]) -> Answer:
    """Of the job's latest submission, newest first."""
    wanted = ask.query
    assert isinstance(wanted, JobMetricsQuery)
    job = await _job(ask, wanted)
    return Answer(encoded({"metrics": metrics(await _samples(ask, job.attempt.id, wanted))}))


async def _job(ask: Ask[None], wanted: JobMetricsQuery) -> Job:
    """Raises NotFound."""
    project, name = ask.project(Operation.READ), ask.params["run_name"]
    if wanted.run_id is None:
        run = await whole(ask, ask.cell.run_named(project.id, name))
    else:
        run = await ask.in_time(ask.parts.past.run(str(wanted.run_id)))
    if run is not None and (run.project_id, run.name) == (project.id, name):
        for job in run.jobs:
            if (job.replica_num, job.job_num) == (wanted.replica_num, wanted.job_num):
                return job
    raise NotFound("Found no job with given parameters")


async def _samples(ask: Ask[None], attempt_id: str, wanted: JobMetricsQuery) -> tuple[Sample, ...]:
    """One more than wanted, from which the next one's CPU usage is told. For that one the moment `after` itself counts:
    who goes on from the newest sample that was shown misses none."""
    reading = ask.parts.metrics.read(
        attempt_id,
        after=_micros(wanted.after, 0) - 1,
        before=_micros(wanted.before, LATEST),
        limit=min(wanted.limit, KEPT) + 1,
    )
    try:
        return await ask.in_time(reading)
    except Unavailable:
        raise Busy("The store of metrics does not answer; try again") from None


def _micros(at: datetime | None, default: int) -> int:
    return default if at is None else micros(at)
