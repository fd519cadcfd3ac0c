"""Rebuilds over the log service's HTTP interface, for a process that has no database."""

from runfold.eventlog.adapters.replicas import Remote
from runfold.service.rebuilds import Rebuild
from runfold.service.rebuilds_wire import decode


class RemoteRebuilds(Remote):
    """The Rebuilds of the log service."""

    async def begin(self) -> Rebuild:
        return decode(await self._replicas.post("/rebuild", b"", self._deadline()))

    async def progress(self) -> Rebuild:
        return decode(await self._replicas.get("/rebuild", {}, self._deadline()))
