"""What happened: in words, and as the log has it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runfold.client.models.events import Event, HappenedPage
from runfold.client.transport.call import Call, post

HAPPENED = "/api/runfold/v1/events"
PAGE = 100  #: the most that the server tells at once
END = -1  #: where the log ends now, as a position to begin after


def listed(
    project: str,
    /,
    *,
    limit: int = PAGE,
    ascending: bool = False,
    after: Event | None = None,
    since: datetime | None = None,
    include_types: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
) -> Call[list[Event]]:
    """`filters` are `target_runs`, `within_projects` and so on, with ids; `after` is the last of the page before."""
    del project
    body: dict[str, Any] = {
        "limit": limit,
        "ascending": ascending,
        "prev_recorded_at": after.recorded_at if after else since,
        "prev_id": after.id if after else None,
        "include_target_types": [*include_types] or None,
        **{name: [*ids] for name, ids in (filters or {}).items()},
    }
    return post("/api/events/list", list[Event], body)


def happened(project: str, /, *types: str, after: int = END, limit: int = PAGE) -> Call[HappenedPage]:
    """The project's events after a position; of all types where none is named. `next` of the last page is the end."""
    return Call("GET", HAPPENED, HappenedPage, query={**wanted(project, types, after), "limit": limit})


def wanted(project: str, /, types: Sequence[str], after: int) -> dict[str, Any]:
    """The query of a page, and of a stream."""
    return {"project": project, "types": ",".join(types) or None, "after": after}
