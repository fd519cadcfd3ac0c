"""Where volumes, gateways, templates, exports and imports would be, of which there are none yet."""

from typing import Any

from runfold.domain.user.authorize import Operation
from runfold.gateway.dialects.dstack.handlers.absent import (
    empty,
    list_nothing,
    missing,
    passed_over,
    refused,
)
from runfold.gateway.dialects.dstack.requests.absent import (
    ListGatewaysRequest,
    ListVolumesRequest,
    NameRequest,
    NamesRequest,
)
from runfold.gateway.http.routes import Handler, Route

P = "/api/project/{project}"
READ, MEMBER, ADMIN = Operation.READ, Operation.RUN, Operation.MANAGE_PROJECT

_NO_VOLUMES = "Volumes are not yet supported"
_NO_GATEWAYS = "Gateways are not yet supported"
_NO_EXPORTS = "This dstack server does not support exports."

#: Whatever their bodies say.
_REFUSED: list[tuple[str, Handler]] = [
    ("volumes/create", refused(MEMBER, _NO_VOLUMES)),
    ("gateways/get_plan", refused(ADMIN, _NO_GATEWAYS)),
    ("gateways/apply", refused(ADMIN, _NO_GATEWAYS)),
    ("gateways/create", refused(ADMIN, _NO_GATEWAYS)),
    ("exports/create", refused(ADMIN, _NO_EXPORTS)),
    ("exports/update", refused(ADMIN, _NO_EXPORTS)),
    ("exports/delete", refused(ADMIN, _NO_EXPORTS)),
    ("exports/list", refused(MEMBER, _NO_EXPORTS)),
    ("imports/delete", refused(ADMIN, _NO_EXPORTS)),
    ("imports/list", refused(MEMBER, _NO_EXPORTS)),
]

ROUTES = [
    Route(
        "POST",
        "/api/volumes/list",
        list_nothing,
        "Volumes: none",
        list[Any],
        takes=ListVolumesRequest,
    ),
    Route("POST", f"{P}/volumes/list", empty(MEMBER), "Volumes of a project: none", list[Any]),
    Route("POST", f"{P}/volumes/get", missing(MEMBER), "A volume", takes=NameRequest),
    Route("POST", f"{P}/volumes/delete", passed_over(MEMBER), "Delete volumes", takes=NamesRequest),
    Route(
        "POST",
        f"{P}/gateways/list",
        empty(READ),
        "Gateways: none",
        list[Any],
        takes=ListGatewaysRequest,
        optional=True,
    ),
    Route("POST", f"{P}/gateways/get", missing(MEMBER), "A gateway", takes=NameRequest),
    Route("POST", f"{P}/gateways/delete", passed_over(ADMIN), "Delete gateways", takes=NamesRequest),
    Route("POST", f"{P}/gateways/set_default", missing(ADMIN), "Choose a gateway", takes=NameRequest),
    Route(
        "POST", f"{P}/gateways/set_wildcard_domain", missing(ADMIN), "A gateway's domain", takes=NameRequest
    ),
    Route("POST", f"{P}/templates/list", empty(MEMBER), "Templates: none", list[Any]),
    *(Route("POST", f"{P}/{path}", handler, "Not yet supported") for path, handler in _REFUSED),
]
