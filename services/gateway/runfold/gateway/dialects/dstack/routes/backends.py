"""Where the calls about backends are."""

from runfold.domain.user.authorize import Operation
from runfold.gateway.dialects.dstack.handlers import backends
from runfold.gateway.dialects.dstack.handlers.absent import missing
from runfold.gateway.dialects.dstack.models.backends import BackendInfoYAML
from runfold.gateway.dialects.dstack.requests.backends import DeleteBackendsRequest
from runfold.gateway.http.routes import Route

P = "/api/project/{project}/backends"

ROUTES = [
    Route("POST", "/api/backends/list_types", backends.list_types, "Types of backends", list[str]),
    Route(
        "POST",
        f"{P}/{{backend}}/config_info",
        missing(Operation.MANAGE_PROJECT),
        "Settings of a backend: none has any",
    ),
    Route("POST", f"{P}/{{backend}}/get_yaml", backends.get_yaml, "A backend as YAML", BackendInfoYAML),
    Route("POST", f"{P}/delete", backends.delete, "Delete backends", takes=DeleteBackendsRequest),
    *(
        Route("POST", f"{P}/{what}", backends.set_up, "Not yet supported")
        for what in ("create", "update", "create_yaml", "update_yaml")
    ),
]
