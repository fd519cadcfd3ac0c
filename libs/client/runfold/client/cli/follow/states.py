"""A run's states as they change: told by the event stream, read from the server."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from runfold.client.asynchronous import AsyncClient
from runfold.client.models.events import HappenedEvent
from runfold.client.models.runs import Run


async def states(client: AsyncClient, run_id: str) -> AsyncGenerator[Run]:
    """How it stands now, and after each event about it; ends with its final state.

    The position is read before the run: what happens between the two is told twice rather than never.
    """
    begin = (await client.events.happened()).next
    run = await client.runs.get(id=run_id)
    yield run
    async with aclosing(client.events.follow(after=begin)) as events:
        while not run.final:
            event = await anext(events)
            if concerns(event, run):
                run = await client.runs.get(id=run_id)
                yield run


def concerns(event: HappenedEvent, run: Run) -> bool:
    """What a job's attempt goes through names the attempt alone."""
    attempts = {submission.id for job in run.jobs for submission in job.job_submissions}
    return event.data.get("run_id") == run.id or event.data.get("attempt_id") in attempts
