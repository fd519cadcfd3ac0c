"""Connections over the log service's HTTP interface, for a process that may tell executors nothing."""

from urllib.parse import quote

from runfold.contracts.executor import ConnectionRequested
from runfold.contracts.wire import encode
from runfold.eventlog.adapters.replicas import Remote


class RemoteConnections(Remote):
    """The Connections of the log service."""

    async def request(self, host_id: str, wanted: ConnectionRequested) -> bool:
        path = f"/connections/{quote(host_id, safe='')}"
        return await self._replicas.post(path, encode(wanted), self._deadline()) == b"true"
