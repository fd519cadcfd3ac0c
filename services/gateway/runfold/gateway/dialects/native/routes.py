"""The table of native endpoints."""

from runfold.gateway.dialects.native import dead_letters as dead
from runfold.gateway.dialects.native import output, parcels, parked, rebuild
from runfold.gateway.dialects.native.events import STREAM, EventsPage, EventsQuery, events
from runfold.gateway.http.routes import Route

P = "/api/runfold/v1"

ROUTES = [
    Route(
        "GET",
        f"{P}/submissions/{{submission}}/output",
        output.length,
        "How much a submission has printed, once it is more than is known",
        answers=output.OutputLength,
        query=output.OutputQuery,
    ),
    Route(
        "GET",
        f"{P}/archives/{{ticket}}",
        parcels.parcel,
        "An archive, for the executor that was given this ticket",
        media="application/octet-stream",
        open=True,
    ),
    Route(
        "GET",
        f"{P}/events",
        events,
        "Events after a position: a page, or a stream of server-sent events",
        answers=EventsPage,
        query=EventsQuery,
        streams=STREAM,
    ),
    Route(
        "GET",
        f"{P}/dead-letters",
        dead.list_all,
        "Messages that nobody could handle, by queue",
        answers=dead.DeadLetterQueues,
        query=dead.DeadLettersQuery,
    ),
    Route(
        "GET", f"{P}/dead-letters/{{queue}}/{{letter_id}}", dead.show, "A dead letter", dead.DeadLetterDetail
    ),
    Route(
        "DELETE",
        f"{P}/dead-letters/{{queue}}/{{letter_id}}",
        dead.discard,
        "Drop a dead letter for ever",
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/dead-letters/{{queue}}/replay",
        dead.replay,
        "Put dead letters back into the queue in which they failed",
        answers=dead.Replayed,
        takes=dead.ReplayRequest,
        optional=True,
        writes=True,
    ),
    Route(
        "GET",
        f"{P}/parked",
        parked.list_all,
        "What services couldn't handle and go on without",
        answers=parked.ParkedList,
        query=parked.ParkedQuery,
    ),
    Route("GET", f"{P}/parked/{{parked_id}}", parked.show, "Something that is parked", parked.ParkedEvent),
    Route("DELETE", f"{P}/parked/{{parked_id}}", parked.drop, "Say that it needn't be handled", writes=True),
    Route(
        "POST",
        f"{P}/parked/{{parked_id}}/retry",
        parked.retry,
        "Have it tried again by the service that parked it",
        answers=parked.Retried,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/parked/retry",
        parked.retry_all,
        "Have all that is parked tried again, or all of one reactor",
        answers=parked.Retried,
        takes=parked.RetryRequest,
        optional=True,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/rebuild",
        rebuild.begin,
        "Make the rows of finished runs anew from the log",
        answers=rebuild.RebuildProgress,
        writes=True,
    ),
    Route("GET", f"{P}/rebuild", rebuild.progress, "How far that is", answers=rebuild.RebuildProgress),
]
