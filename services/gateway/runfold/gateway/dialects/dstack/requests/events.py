"""Which events a client wants."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Interval, Len
from pydantic import model_validator

from runfold.gateway.dialects.dstack.requests.shared import Listing

Some = Annotated[list[UUID], Len(1, 16)] | None
TargetType = Literal[
    "project",
    "user",
    "fleet",
    "instance",
    "run",
    "job",
    "volume",
    "gateway",
    "gateway-replica",
    "secret",
    "preset",
]


class ListEventsRequest(Listing):
    target_projects: Some = None
    target_users: Some = None
    target_fleets: Some = None
    target_instances: Some = None
    target_runs: Some = None
    target_jobs: Some = None
    target_volumes: Some = None
    target_gateways: Some = None
    target_gateway_replicas: Some = None
    target_secrets: Some = None
    target_presets: Some = None
    within_projects: Some = None
    within_fleets: Some = None
    within_runs: Some = None
    within_gateways: Some = None
    include_target_types: Annotated[list[TargetType], Len(1, 16)] | None = None
    actors: Annotated[list[UUID | None], Len(1, 16)] | None = None
    prev_recorded_at: datetime | None = None
    prev_id: UUID | None = None
    limit: Annotated[int, Interval(ge=1, le=100)] = 100

    @model_validator(mode="after")
    def _one_of_each(self) -> "ListEventsRequest":
        for kind in ("target", "within"):
            given = list(self.filters(kind))
            if len(given) > 1:
                told = ", ".join(sorted(given))
                raise ValueError(f"At most one {kind}_* filter can be set at a time. Got {told}")
        return self

    def filters(self, kind: str) -> dict[str, list[str]]:
        """The filters that are set, by their names: ids as text."""
        return {
            name: [str(item) for item in value]
            for name in type(self).model_fields
            if name.startswith(f"{kind}_") and (value := getattr(self, name)) is not None
        }
