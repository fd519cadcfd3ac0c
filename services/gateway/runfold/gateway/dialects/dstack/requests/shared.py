"""What bodies of several kinds have in common."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Interval

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical

Limit100 = Annotated[int, Interval(ge=0, le=100)]


class Resource(Canonical):
    """A run or fleet as the client last saw it; only which one it was matters."""

    id: UUID | None = None


class Listing(Canonical):
    """A page of a list."""

    limit: int
    ascending: bool = False


class ByCreation(Listing):
    """A page of what is listed in the order in which it was made."""

    prev_created_at: datetime | None = None
    prev_id: UUID | None = None
    limit: Annotated[int, Interval(ge=0, le=2000)] = 2000
