"""Fleet configurations."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import Field, WithJsonSchema, model_serializer, model_validator

from runfold.gateway.dialects.dstack.configuration.profile import ProfileRetry
from runfold.gateway.dialects.dstack.configuration.resources import ResourcesSpec
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical, Count, IdleDuration
from runfold.gateway.dialects.dstack.configuration.task import Env

_COUNT = {"type": "integer", "minimum": 0}
#: What `FleetNodes` is written as; its fields don't tell that `target` may be left out.
_Nodes = Annotated[
    dict[str, int | None],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["min", "max"],
            "properties": {"min": _COUNT, "target": _COUNT, "max": {"anyOf": [_COUNT, {"type": "null"}]}},
        }
    ),
]


class FleetNodes(Canonical):
    """How many instances: always, at first, at most."""

    min: Count
    target: Count
    max: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        """`2`, "0..2", "1..", {min, target, max}."""
        if isinstance(value, int) and not isinstance(value, bool):
            return {"min": value, "target": value, "max": value}
        if isinstance(value, str):
            low, dots, high = (part.strip() for part in value.partition(".."))
            low = low or "0"
            return {"min": low, "target": low, "max": (high or None) if dots else low}
        if isinstance(value, dict):
            least = value.get("min") or 0
            return {**value, "min": least, "target": value.get("target") or least}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> "FleetNodes":
        if self.target < self.min:
            raise ValueError("target must not be be less than min")
        if self.max is not None and self.max < self.min:
            raise ValueError("max must not be less than min")
        if self.max is not None and self.max < self.target:
            raise ValueError("max must not be less than target")
        return self

    @model_serializer
    def _canonical(self) -> _Nodes:
        """`target` only where it says something."""
        told: dict[str, int | None] = {"min": self.min, "max": self.max}
        return told if self.target == self.min else {"min": self.min, "target": self.target, "max": self.max}


class FleetConfiguration(Canonical):
    type: Literal["fleet"] = "fleet"
    name: str | None = None
    placement: Literal["any", "cluster"] | None = None
    blocks: Annotated[int, Ge(1)] | Literal["auto"] = 1
    nodes: FleetNodes | None = None
    reservation: str | None = None
    resources: ResourcesSpec | None = None
    backends: list[str] | None = None
    regions: list[str] | None = None
    availability_zones: list[str] | None = None
    instance_types: list[str] | None = None
    spot_policy: Literal["spot", "on-demand", "auto"] | None = None
    retry: ProfileRetry | bool | None = None
    max_price: Annotated[float, Gt(0)] | None = None
    idle_duration: IdleDuration = None
    tags: dict[str, str] | None = None
    backend_options: list[dict[str, Any]] | None = None
    ssh_config: dict[str, Any] | None = None
    env: Env = Field(default_factory=dict)
