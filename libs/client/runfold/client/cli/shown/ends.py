"""How a run ended, and what to do about it."""

from datetime import datetime

from runfold.client.cli.shown import words
from runfold.client.models.runs import JobSubmission, Run

LAST = 10  #: lines of output that a failure is told with
_ADVICE = {
    "container_exited_with_error": "`runfold logs {name}` shows all its output; `runfold rerun {name}` runs it again",
    "failed_to_start_due_to_no_capacity": "`runfold offer` shows what there is; with `retry: true` it waits",
    "interrupted_by_no_capacity": "with `retry: true` in its configuration it runs again elsewhere",
    "creating_container_error": "check `image`, `registry_auth` and `volumes`: the container could not be made",
    "ports_binding_failed": "another program has the port: change `ports`",
    "executor_error": "`runfold event --within-run {name}` tells more; `runfold rerun {name}` runs it again",
    "instance_unreachable": "`runfold fleet` shows the host; with `retry: true` it runs again elsewhere",
    "max_duration_exceeded": "it ran for longer than its `max_duration`: raise that, or set it to `off`",
    "log_quota_exceeded": "it printed more than an hour allows: have it print less",
}
_OTHERWISE = "`runfold event --within-run {name}` tells what happened"
_STATUSES = {
    126: "its command can't be executed: is the file marked as executable?",
    127: "its command isn't there: is it in the image, and spelled so?",
    137: "it was killed (137), mostly for want of memory: ask for more by `resources: {memory: …}`",
}


def verdict(run: Run, now: datetime) -> str:
    """`hello is done: exited (0), after 12s`; one that failed says why."""
    latest = run.latest_job_submission
    took = words.span(
        ((latest.finished_at if latest else None) or now).timestamp() - run.submitted_at.timestamp()
    )
    told = f": {latest.status_message}," if latest and latest.status_message not in ("", run.status) else ""
    return f"{run.name} is {run.status}{told} after {took}"


def reason(run: Run) -> str | None:
    """Why it isn't done, as the server says it."""
    latest = run.latest_job_submission
    code = (latest.termination_reason if latest else None) or run.termination_reason
    message = (latest.termination_reason_message if latest else None) or run.error
    return f"{code}: {message}" if code and message else code or message


def advice(run: Run) -> str | None:
    """What to do where it failed; nothing where its user stopped it."""
    if run.status != "failed":
        return None
    latest = run.latest_job_submission
    status = _STATUSES.get(latest.exit_status or 0) if latest else None
    return status or _ADVICE.get(_code(latest) or "", _OTHERWISE).format(name=run.name)


def _code(latest: JobSubmission | None) -> str | None:
    return latest.termination_reason if latest else None
