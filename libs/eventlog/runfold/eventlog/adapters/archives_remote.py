"""Archives over the log service's HTTP interface."""

from urllib.parse import quote

from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.archives import Archive
from runfold.eventlog.archives_wire import decode, encode


class RemoteArchives(Remote):
    """An ArchiveStore in the log service."""

    async def get(self, archive_id: str) -> Archive | None:
        body = await self._replicas.get(_path(archive_id), {}, self._deadline())
        return decode(body) if body else None

    async def keep(self, archive: Archive) -> None:
        await self._replicas.ask("PUT", _path(archive.id), self._deadline(), encode(archive))


def _path(archive_id: str) -> str:
    return f"/archives/{quote(archive_id, safe='')}"
