"""The bodies of calls about what there is nothing of yet, as far as they are looked at."""

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.shared import ByCreation, Limit100


class NameRequest(Canonical):
    name: str


class NamesRequest(Canonical):
    names: list[str]


class ListVolumesRequest(ByCreation):
    project_name: str | None = None
    only_active: bool = False
    limit: Limit100 = 100


class ListGatewaysRequest(Canonical):
    include_imported: bool = False
