"""What happened."""

from collections.abc import Iterable, Iterator

from runfold.domain.user.authorize import Operation, allowed
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.page import page as page_of
from runfold.gateway.dialects.dstack.requests.events import ListEventsRequest
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.event import event
from runfold.gateway.http.call import Answer
from runfold.gateway.paging import paged
from runfold.gateway.readmodels.changes import Change
from runfold.gateway.readmodels.happenings import Happened


async def list_events(ask: Ask[ListEventsRequest]) -> Answer:
    """Of the projects that the caller may read, and about the caller."""
    wanted = ask.body
    page = page_of(wanted, wanted.prev_recorded_at, wanted.prev_id)
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
    if not all(_is_about(entry.change, _kind(name), ids) for name, ids in targets.items()):
        return False
    if not all(_is_within(entry.change, _kind(name), ids) for name, ids in within.items()):
        return False
    types = wanted.include_target_types
    if types is not None and not any(target.kind in types for target in entry.change.targets):
        return False
    actors = wanted.actors
    return actors is None or entry.actor_id in [None if a is None else str(a) for a in actors]


def _kind(filter_name: str) -> str:
    """Of what the filter's ids are."""
    _, _, things = filter_name.partition("_")
    return things.removesuffix("s").replace("_", "-")


def _is_about(change: Change, kind: str, ids: list[str]) -> bool:
    return any(target.kind == kind and target.id in ids for target in change.targets)


def _is_within(change: Change, kind: str, ids: list[str]) -> bool:
    """A thing's own events are within it as well."""
    scopes = {"project": change.project_id, "run": change.run_id, "fleet": change.fleet_id}
    return scopes.get(kind) in ids or _is_about(change, kind, ids)


def _visible(ask: Ask[ListEventsRequest], entries: Iterable[Happened]) -> Iterator[Happened]:
    user = ask.user
    if allowed(user, Operation.ADMINISTER):
        yield from entries
        return
    readable = {p.id for p in ask.cell.projects.values() if allowed(user, Operation.READ, p.id)}
    for entry in entries:
        if entry.change.project_id in readable or user.id in (t.id for t in entry.change.targets):
            yield entry
