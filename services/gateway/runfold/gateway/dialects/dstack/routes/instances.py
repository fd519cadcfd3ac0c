"""Where the calls about instances are."""

from runfold.gateway.dialects.dstack.handlers import instances
from runfold.gateway.dialects.dstack.models.machines import GetInstanceHealthChecksResponse, Instance
from runfold.gateway.dialects.dstack.requests.instances import (
    DeleteFleetInstancesRequest,
    GetInstanceHealthChecksRequest,
    GetInstanceRequest,
    ListInstancesRequest,
)
from runfold.gateway.http.routes import Route

P = "/api/project/{project}/instances"

ROUTES = [
    Route(
        "POST",
        "/api/instances/list",
        instances.list_instances,
        "Instances",
        list[Instance],
        takes=ListInstancesRequest,
    ),
    Route("POST", f"{P}/get", instances.get, "An instance", Instance, takes=GetInstanceRequest),
    Route(
        "POST",
        f"{P}/get_instance_health_checks",
        instances.get_health_checks,
        "How healthy an instance's GPUs are",
        GetInstanceHealthChecksResponse,
        takes=GetInstanceHealthChecksRequest,
    ),
    Route(
        "POST",
        "/api/project/{project}/fleets/delete_instances",
        instances.delete,
        "Delete instances of a fleet",
        takes=DeleteFleetInstancesRequest,
        writes=True,
    ),
]
