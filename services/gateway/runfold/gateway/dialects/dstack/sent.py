"""What was sent along with a run."""

from typing import Any

from runfold.contracts.values import Files
from runfold.domain.errors import Invalid, NotFound
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.handlers import files
from runfold.gateway.dialects.dstack.requests.runs import FileArchiveMapping, RunSpec

MOST = 64  #: archives of one run


async def files_of(ask: Ask[Any], spec: RunSpec) -> tuple[Files, ...]:
    """The caller's own, which were uploaded before. Raises NotFound, Invalid."""
    if len(spec.file_archives) > MOST:
        raise Invalid(f"file_archives: {MOST} are the most", field="file_archives")
    return tuple([await _files(ask, each) for each in spec.file_archives])


async def _files(ask: Ask[Any], wanted: FileArchiveMapping) -> Files:
    found = await ask.in_time(ask.parts.archives.get(str(wanted.id)))
    if found is None or found.owner != files.user(ask.user_id):
        raise NotFound("Resource not found")
    if "\0" in wanted.path or not wanted.path:
        raise Invalid("file_archives: a path names where the files go", field="file_archives")
    return Files(found.id, wanted.path)
