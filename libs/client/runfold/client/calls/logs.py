"""What jobs print."""

from datetime import datetime

from runfold.client.models.output import LogPage, OutputLength
from runfold.client.models.runs import JobSubmission, Run
from runfold.client.transport.call import Call, post

PAGE = 1000  #: the most that the server gives at once


def poll(
    project: str,
    /,
    run: Run,
    submission: JobSubmission,
    *,
    after: datetime | None = None,
    token: str | None = None,
    limit: int = PAGE,
    diagnose: bool = False,
) -> Call[LogPage]:
    """What is later than `after`, oldest first; `token` is the `next_token` of the page before."""
    body = {
        "run_name": run.name,
        "job_submission_id": submission.id,
        "start_time": after,
        "next_token": token,
        "limit": limit,
        "diagnose": diagnose,
    }
    return post(f"/api/project/{project}/logs/poll", LogPage, body)


def length(
    project: str, /, submission: JobSubmission, *, beyond: int = 0, wait: float = 0.0
) -> Call[OutputLength]:
    """How much it has printed, once that is more than `beyond` bytes or `wait` seconds are over."""
    del project
    path = f"/api/runfold/v1/submissions/{submission.id}/output"
    return Call("GET", path, OutputLength, query={"beyond": beyond, "wait": wait})
