"""The bodies of calls about backends."""

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical


class DeleteBackendsRequest(Canonical):
    backends_names: list[str]
