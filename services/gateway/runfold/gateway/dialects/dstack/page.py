"""Which page of a list a client wants."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Instance
from runfold.domain.project.state import Project
from runfold.domain.user.state import User
from runfold.gateway.dialects.dstack.requests.shared import ByCreation, Listing
from runfold.gateway.dialects.dstack.responses.encode import micros
from runfold.gateway.paging import Page, paged

M = TypeVar("M", User, Project, Fleet, Instance)


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
