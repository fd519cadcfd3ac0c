"""What jobs printed."""

from base64 import b64encode
from datetime import datetime
from typing import Any

from runfold.domain.errors import Invalid
from runfold.domain.user.authorize import Operation
from runfold.eventlog.output import InvalidCursor, OutputPage, OutputQuery
from runfold.eventlog.port import Unavailable
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.requests import logs as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded, micros, timestamp
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy

NOTHING = OutputPage(())


async def poll(ask: Ask[requests.PollLogsRequest]) -> Answer:
    """Nothing for a submission that isn't the run's, and of the runner's own log, which there is none of."""
    project = ask.project(Operation.READ)
    attempt_id = str(ask.body.job_submission_id)
    run = await ask.in_time(ask.parts.past.of_attempt(attempt_id))
    if run is None or run.project_id != project.id or run.name != ask.body.run_name or ask.body.diagnose:
        _check_token(ask.body.next_token)
        return Answer(_logs(NOTHING))
    return Answer(_logs(await _page(ask, attempt_id)))


async def _page(ask: Ask[requests.PollLogsRequest], attempt_id: str) -> OutputPage:
    wanted = ask.body
    _check_token(wanted.next_token)
    if wanted.limit == 0:
        return NOTHING
    query = OutputQuery(
        after=_micros(wanted.start_time),
        before=_micros(wanted.end_time),
        descending=wanted.descending,
        limit=wanted.limit,
        cursor=wanted.next_token,
    )
    try:
        return await ask.parts.output.poll(attempt_id, query)
    except InvalidCursor:
        raise _invalid(wanted.next_token) from None
    except Unavailable:
        raise Busy("The output store does not answer; try again") from None


def _check_token(token: str | None) -> None:
    if token is not None and not (token.isascii() and token.isdecimal()):
        raise _invalid(token)


def _invalid(token: str | None) -> Invalid:
    return Invalid(f"Invalid next_token: {(token or '')[:100]}. Must be a non-negative integer.")


def _logs(page: OutputPage) -> bytes:
    logs: list[dict[str, Any]] = [
        {
            "timestamp": timestamp(record.time),
            "log_source": "stdout",
            "message": b64encode(record.data).decode(),
        }
        for record in page.records
    ]
    return encoded({"logs": logs, "external_url": None, "next_token": page.cursor})


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
