"""Fleets: how instances come to be."""

from pydantic.dataclasses import dataclass

from runfold.contracts.values import Natural, Quantities


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """What a fleet's instances are and how many of them there may be."""

    backend: str = "local"
    nodes_min: Natural = 0
    nodes_target: Natural = 0
    nodes_max: Natural | None = None  #: None is without bound
    idle_duration: Natural | None = None  #: seconds an instance above the minimum may idle; None for ever
    requires: Quantities = Quantities()  #: what each instance has at least
    blocks: Natural | None = 1  #: into how many an instance is cut; None is as many as possible
    idle_asked: bool = True  #: False: `idle_duration` is a default, and isn't for instances made for runs


@dataclass(frozen=True, slots=True)
class FleetCreated:
    fleet_id: str
    name: str
    spec: FleetSpec
    project_id: str | None = None  #: None is a fleet of the cell: every project may use it
    user_id: str | None = None
    request: str | None = None  #: the dialect's own document as JSON text


@dataclass(frozen=True, slots=True)
class FleetUpdated:
    fleet_id: str
    spec: FleetSpec
    request: str | None = None


@dataclass(frozen=True, slots=True)
class FleetDeletionRequested:
    """No new instance; those it has end, then it is deleted."""

    fleet_id: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class FleetDeleted:
    fleet_id: str


FleetEvent = FleetCreated | FleetUpdated | FleetDeletionRequested | FleetDeleted
