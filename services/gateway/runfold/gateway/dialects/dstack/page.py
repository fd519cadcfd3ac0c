"""Which page of a list a client wants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from runfold.contracts.values import Micros
from runfold.gateway.dialects.dstack.requests.shared import ByCreation
from runfold.gateway.dialects.dstack.responses.encode import micros
from runfold.gateway.paging import Page, paged


class Listing(Protocol):
    """A body that asks for a page."""

    @property
    def limit(self) -> int: ...

    @property
    def ascending(self) -> bool: ...


class Made(Protocol):
    """What was made at some time."""

    id: str
    created_at: Micros


M = TypeVar("M", bound=Made)


def page(wanted: Listing, after: datetime | None, after_id: UUID | None) -> Page:
    """The page after the item of that time and id."""
    return Page(
        limit=wanted.limit,
        ascending=wanted.ascending,
        time=None if after is None else micros(after),
        id=None if after_id is None else str(after_id),
    )


def by_creation(found: Sequence[M], wanted: ByCreation) -> list[M]:
    """The page of `found`, which comes oldest first."""
    ordered = found if wanted.ascending else found[::-1]
    asked = page(wanted, wanted.prev_created_at, wanted.prev_id)
    return paged(ordered, asked, time=lambda made: made.created_at, key=lambda made: made.id)
