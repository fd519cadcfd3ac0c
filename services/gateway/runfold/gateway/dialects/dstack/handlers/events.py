"""What happened."""

from collections.abc import Iterable, Iterator

from runfold.domain.user.authorize import Operation, allowed
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.requests_events import ListEventsRequest
from runfold.gateway.dialects.dstack.responses.encode import encoded, micros
from runfold.gateway.dialects.dstack.responses.event import event
from runfold.gateway.http.call import Answer
from runfold.gateway.paging import Page, paged
from runfold.gateway.readmodels.happenings import Happened

_KINDS = {"target_gateway_replicas": "gateway-replica"}


async def list_events(ask: Ask[ListEventsRequest]) -> Answer:
    """Of the projects that the caller may read, and about the caller."""
    wanted = ask.body
    page = Page(
        limit=wanted.limit,
        ascending=wanted.ascending,
        time=None if wanted.prev_recorded_at is None else micros(wanted.prev_recorded_at),
        id=None if wanted.prev_id is None else str(wanted.prev_id),
    )
    found = _visible(ask, _candidates(ask))
    entries = paged(found, page, time=lambda entry: entry.time, key=lambda entry: entry.id)
    return Answer(encoded([event(entry, ask.cell) for entry in entries]))


def _candidates(ask: Ask[ListEventsRequest]) -> Iterable[Happened]:
    """What the filters leave, from the narrowest index there is."""
    wanted, history = ask.body, ask.parts.history
    targets, within = wanted.filters("target"), wanted.filters("within")
    narrowest = next((ids for filters in (targets, within) for ids in filters.values()), None)
    found: Iterable[Happened] = history.about(narrowest)
    if wanted.ascending:
        found = reversed(list(found))
    return (entry for entry in found if _fits(entry, wanted, targets, within))


def _fits(
    entry: Happened, wanted: ListEventsRequest, targets: dict[str, list[str]], within: dict[str, list[str]]
) -> bool:
    """dstack's filters all have to fit."""
    for name, ids in targets.items():
        kind = _KINDS.get(name) or name.removeprefix("target_").removesuffix("s")
        if not any(target.kind == kind and target.id in ids for target in entry.change.targets):
            return False
    if any(not set(ids) & set(entry.within) for ids in within.values()):
        return False
    types = wanted.include_target_types
    if types is not None and not any(target.kind in types for target in entry.change.targets):
        return False
    actors = wanted.actors
    return actors is None or entry.actor_id in [None if a is None else str(a) for a in actors]


def _visible(ask: Ask[ListEventsRequest], entries: Iterable[Happened]) -> Iterator[Happened]:
    user = ask.user
    if allowed(user, Operation.ADMINISTER):
        yield from entries
        return
    readable = {p.id for p in ask.cell.projects.values() if allowed(user, Operation.READ, p.id)}
    for entry in entries:
        if entry.change.project_id in readable or user.id in (t.id for t in entry.change.targets):
            yield entry
