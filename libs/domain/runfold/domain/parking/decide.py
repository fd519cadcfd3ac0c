"""What is parked, tried again, dropped. Decided on all that is parked: there is never much of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from runfold.contracts import parking as e
from runfold.domain.errors import NotFound
from runfold.domain.parking.state import Parked

#: Parked at a time by one reactor. Where there is more, the reactor is at fault, and not what it reacts to.
MOST = 100

All = Mapping[str, Parked]


def parked_id(reactor: str, subject: str, position: int | None = None) -> str:
    """24 hexadecimal digits. With `position` each event of the subject is parked apart."""
    named = f"{reactor}\0{subject}\0{'' if position is None else position}"
    return sha256(named.encode()).hexdigest()[:24]


def room(parked: All, reactor: str) -> int:
    """How many more."""
    return max(MOST - sum(each.last.reactor == reactor for each in parked.values()), 0)


def news(parked: All, failed: e.EventParked) -> bool:
    """False where just that is parked already: who meets it again and again says it once."""
    known = parked.get(failed.parked_id)
    return known is None or known.retrying or known.last.error != failed.error


def park(parked: All, *failed: e.EventParked) -> list[e.EventParked]:
    """Of what one reactor failed with, without what is no news, and without what there is no room for.

    What is decided at once is given at once: else each would take the same room.
    """
    told = [each for each in failed if news(parked, each)]
    again = [_again(parked[each.parked_id], each) for each in told if each.parked_id in parked]
    new = [each for each in told if each.parked_id not in parked]
    return again + new[: room(parked, new[0].reactor)] if new else again


def handled(parked: All, parked_id: str) -> list[e.ParkingEvent]:
    return [e.ParkedHandled(parked_id)] if parked_id in parked else []


def retry(parked: All, ids: Iterable[str]) -> list[e.ParkingEvent]:
    """Raises NotFound for what isn't parked; what is being tried already isn't asked for again."""
    return [e.ParkedRetryRequested(id_) for id_ in ids if not _known(parked, id_).retrying]


def drop(parked: All, parked_id: str) -> list[e.ParkingEvent]:
    """Raises NotFound."""
    return [e.ParkedDropped(_known(parked, parked_id).id)]


def _again(known: Parked, failed: e.EventParked) -> e.EventParked:
    return replace(failed, tries=known.last.tries + 1)


def _known(parked: All, parked_id: str) -> Parked:
    known = parked.get(parked_id)
    if known is None:
        raise NotFound(f"Nothing is parked as {parked_id[:100]}")
    return known
