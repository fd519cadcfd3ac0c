"""How a client wants offers grouped."""

from typing import Literal

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.runs import RunSpec

Grouping = Literal["backend", "region", "count"]


class ListGpusRequest(Canonical):
    run_spec: RunSpec
    group_by: list[Grouping] | None = None
    reverse: bool = False
    full_offers: bool = False
    unallocated_resources: bool = False
