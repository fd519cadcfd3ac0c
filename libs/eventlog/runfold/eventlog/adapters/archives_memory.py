"""Archives that end with the process."""

from runfold.eventlog.archives import Archive


class MemoryArchives:
    def __init__(self) -> None:
        self._archives: dict[str, Archive] = {}

    async def get(self, archive_id: str) -> Archive | None:
        return self._archives.get(archive_id)

    async def keep(self, archive: Archive) -> None:
        self._archives.setdefault(archive.id, archive)

    async def close(self) -> None:
        pass
