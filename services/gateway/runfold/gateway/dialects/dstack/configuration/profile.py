"""What run configurations and profiles have in common: where a run may go, and for how long."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval, MinLen
from pydantic import BeforeValidator, model_validator

from runfold.gateway.dialects.dstack.configuration.scalars import (
    Canonical,
    Duration,
    DurationOrOff,
    IdleDuration,
)

RetryEvent = Literal["no-capacity", "interruption", "error"]


class ProfileRetry(Canonical):
    on_events: list[RetryEvent] | None = None
    duration: Duration | None = None


class UtilizationPolicy(Canonical):
    min_gpu_utilization: Annotated[int, Interval(ge=0, le=100)]
    time_window: Annotated[Duration, Ge(300)]


class Schedule(Canonical):
    cron: list[str] | str


class EntityReference(Canonical):
    """A fleet: `name` or `project/name`."""

    project: str | None = None
    name: str

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        project, slash, name = value.rpartition("/")
        return {"project": project or None, "name": name} if slash else {"name": value}


class InstanceNameSelector(Canonical):
    name: str


class InstanceHostnameSelector(Canonical):
    hostname: str


class FleetInstanceSelector(Canonical):
    fleet: EntityReference
    instance: Annotated[int, Ge(0)]


InstanceSelector = Annotated[
    InstanceNameSelector | InstanceHostnameSelector | FleetInstanceSelector,
    BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value),
]


class ProfileParams(Canonical):
    """Null where nothing is said."""

    backends: list[str] | None = None
    regions: list[str] | None = None
    availability_zones: list[str] | None = None
    instance_types: list[str] | None = None
    reservation: str | None = None
    spot_policy: Literal["spot", "on-demand", "auto"] | None = None
    retry: ProfileRetry | bool | None = None
    max_duration: DurationOrOff = None
    stop_duration: DurationOrOff = None
    max_price: Annotated[float, Gt(0)] | None = None
    creation_policy: Literal["reuse", "reuse-or-create"] | None = None
    idle_duration: IdleDuration = None
    utilization_policy: UtilizationPolicy | None = None
    startup_order: Literal["any", "master-first", "workers-first"] | None = None
    stop_criteria: Literal["all-done", "master-done"] | None = None
    schedule: Schedule | None = None
    fleets: list[EntityReference] | None = None
    instances: Annotated[list[InstanceSelector], MinLen(1)] | None = None
    tags: dict[str, str] | None = None
    backend_options: list[dict[str, Any]] | None = None


class Profile(ProfileParams):
    name: str = ""
    default: bool = False


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


ProfileOrEmpty = Annotated[Profile, BeforeValidator(_or_empty)]
