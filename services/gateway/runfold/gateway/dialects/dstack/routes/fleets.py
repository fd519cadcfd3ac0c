"""Where the calls about fleets are."""

from runfold.gateway.dialects.dstack.handlers import fleets
from runfold.gateway.dialects.dstack.models.machines import Fleet, FleetPlan
from runfold.gateway.dialects.dstack.requests.fleets import (
    ApplyFleetPlanRequest,
    DeleteFleetsRequest,
    GetFleetPlanRequest,
    GetFleetRequest,
    ListFleetsRequest,
    ListProjectFleetsRequest,
)
from runfold.gateway.http.routes import Route

P = "/api/project/{project}/fleets"

ROUTES = [
    Route(
        "POST",
        "/api/fleets/list",
        fleets.list_fleets,
        "Fleets",
        list[Fleet],
        takes=ListFleetsRequest,
    ),
    Route(
        "POST",
        f"{P}/list",
        fleets.list_of_project,
        "Fleets of a project",
        list[Fleet],
        takes=ListProjectFleetsRequest,
        optional=True,
    ),
    Route("POST", f"{P}/get", fleets.get, "A fleet", Fleet, takes=GetFleetRequest),
    Route(
        "POST",
        f"{P}/get_plan",
        fleets.get_plan,
        "Plan a fleet",
        FleetPlan,
        takes=GetFleetPlanRequest,
    ),
    Route(
        "POST",
        f"{P}/apply",
        fleets.apply,
        "Make a fleet",
        Fleet,
        takes=ApplyFleetPlanRequest,
        writes=True,
    ),
    Route("POST", f"{P}/delete", fleets.delete, "Delete fleets", takes=DeleteFleetsRequest, writes=True),
]
