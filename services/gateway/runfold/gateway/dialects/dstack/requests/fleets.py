"""The bodies of calls about fleets."""

from uuid import UUID

from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration
from runfold.gateway.dialects.dstack.configuration.profile import ProfileOrEmpty
from runfold.gateway.dialects.dstack.configuration.resources import ResourcesSpec
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.shared import ByCreation, Limit100, Resource


class FleetSpec(Canonical):
    configuration: FleetConfiguration
    configuration_path: str | None = None
    profile: ProfileOrEmpty
    autocreated: bool = False

    def with_defaults(self) -> "FleetSpec":
        """As it is kept, and as two of them compare."""
        configuration, resources = self.configuration, self.configuration.resources
        if resources is None or resources.gpu is not None:
            return self
        filled = resources.model_copy(update={"gpu": ResourcesSpec().gpu})
        return self.model_copy(
            update={"configuration": configuration.model_copy(update={"resources": filled})}
        )


class SeenFleet(Resource):
    """A fleet as the client last saw it."""

    spec: FleetSpec | None = None


class GetFleetPlanRequest(Canonical):
    spec: FleetSpec


class ApplyFleetPlanInput(Canonical):
    spec: FleetSpec
    current_resource: SeenFleet | None = None


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
