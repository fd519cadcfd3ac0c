"""The bodies of calls about fleets."""

from uuid import UUID

from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration
from runfold.gateway.dialects.dstack.configuration.profile import ProfileOrEmpty
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.shared import ByCreation, Limit100, Resource


class FleetSpec(Canonical):
    configuration: FleetConfiguration
    configuration_path: str | None = None
    profile: ProfileOrEmpty
    autocreated: bool = False


class GetFleetPlanRequest(Canonical):
    spec: FleetSpec


class ApplyFleetPlanInput(Canonical):
    spec: FleetSpec
    current_resource: Resource | None = None


class ApplyFleetPlanRequest(Canonical):
    plan: ApplyFleetPlanInput
    force: bool


class GetFleetRequest(Canonical):
    name: str | None = None
    id: UUID | None = None


class ListProjectFleetsRequest(Canonical):
    include_imported: bool = False


class ListFleetsRequest(ByCreation):
    project_name: str | None = None
    only_active: bool = False
    include_imported: bool = False
    limit: Limit100 = 100


class DeleteFleetsRequest(Canonical):
    names: list[str]
