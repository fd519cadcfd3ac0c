"""What jobs use of their hosts."""

from datetime import datetime
from urllib.parse import quote

from runfold.client.models.output import JobMetrics
from runfold.client.transport.call import Call


def of_job(
    project: str,
    /,
    run_name: str,
    *,
    job_num: int = 0,
    replica_num: int = 0,
    limit: int = 1,
    after: datetime | None = None,
) -> Call[JobMetrics]:
    """The newest `limit` samples of each, newest first."""
    query = {
        "job_num": job_num,
        "replica_num": replica_num,
        "limit": limit,
        "after": after.isoformat() if after else None,
    }
    return Call(
        "GET", f"/api/project/{project}/metrics/job/{quote(run_name, safe='')}", JobMetrics, query=query
    )
