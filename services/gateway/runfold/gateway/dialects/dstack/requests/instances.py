"""The bodies of calls about instances."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Interval

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.shared import ByCreation


class ListInstancesRequest(ByCreation):
    project_names: list[str] | None = None
    fleet_ids: list[UUID] | None = None
    only_active: bool = False
    include_imported: bool = False
    limit: Annotated[int, Interval(ge=0, le=1000)] = 1000


class GetInstanceRequest(Canonical):
    id: UUID


class GetInstanceHealthChecksRequest(Canonical):
    fleet_name: str
    instance_num: int
    after: datetime | None = None
    before: datetime | None = None
    limit: Annotated[int, Ge(0)] | None = None


class DeleteFleetInstancesRequest(Canonical):
    name: str
    instance_nums: list[int]
