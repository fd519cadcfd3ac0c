"""What executors fetch for what they run."""

from typing import Any

from runfold.domain.errors import NotFound
from runfold.eventlog.port import EventLogError
from runfold.gateway.ask import Ask
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy


async def parcel(ask: Ask[Any]) -> Answer:
    """An archive, for whoever has a ticket for it."""
    name = ask.parts.parcels.archive_of(ask.params["ticket"], ask.parts.clock.now())
    try:
        found = None if name is None else await ask.parts.archives.get(name)
    except EventLogError:
        raise Busy("The store of archives does not answer; try again") from None
    if found is None:
        raise NotFound("There is no such archive, or this ticket isn't for it")
    return Answer(found.data, content_type="application/octet-stream")
