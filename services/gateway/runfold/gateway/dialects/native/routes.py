"""The table of native endpoints."""

from runfold.gateway.dialects.native.events import STREAM, EventsPage, EventsQuery, events
from runfold.gateway.http.routes import Route

ROUTES = [
    Route(
        "GET",
        "/api/runfold/v1/events",
        events,
        "Events after a position: a page, or a stream of server-sent events",
        answers=EventsPage,
        query=EventsQuery,
        streams=STREAM,
    ),
]
