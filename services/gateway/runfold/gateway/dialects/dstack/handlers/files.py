"""Archives that users send along with their runs, each known by the SHA-256 of its content."""

import re
from hashlib import sha256

from runfold.domain.errors import Invalid, NotFound
from runfold.domain.user.authorize import Operation
from runfold.eventlog.archives import Archive, archive_id
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.requests.files import GetFileArchiveByHashRequest, UploadCodeQuery
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import UploadTooLarge
from runfold.gateway.http.multipart import Upload

_DIGEST = re.compile(r"[0-9a-f]{64}")


def user(user_id: str) -> str:
    """Owner of files that a user sends along."""
    return f"user:{user_id}"


def repo(project_id: str, repo_id: str) -> str:
    """Owner of the changes to a repo that its users send along."""
    return f"repo:{project_id}/{repo_id}"


async def get_archive_by_hash(ask: Ask[GetFileArchiveByHashRequest]) -> Answer:
    """The caller's own; nobody is told what others have."""
    name = archive_id(user(ask.user_id), ask.body.hash)
    if await ask.in_time(ask.parts.archives.get(name)) is None:
        raise NotFound("Resource not found")
    return Answer(encoded({"id": name, "hash": ask.body.hash}))


async def upload_archive(ask: Ask[Upload]) -> Answer:
    name = await _kept(ask, user(ask.user_id))
    return Answer(encoded({"id": name, "hash": ask.body.name}))


async def upload_code(ask: Ask[Upload]) -> Answer:
    """Changes to a repo that aren't committed, as a patch."""
    project, query = ask.project(Operation.RUN), ask.query
    assert isinstance(query, UploadCodeQuery)
    if query.repo_id not in project.repos:
        raise NotFound("Resource not found")
    await _kept(ask, repo(project.id, query.repo_id))
    return Answer()


async def _kept(ask: Ask[Upload], owner: str) -> str:
    """The id of what was sent, durable; raises Invalid, UploadTooLarge."""
    sent, limit = ask.body, ask.parts.settings.upload_limit
    if len(sent.data) > limit:
        raise UploadTooLarge(limit, len(sent.data))
    _check_name(sent)
    name = archive_id(owner, sent.name)
    await ask.in_time(ask.parts.archives.keep(Archive(name, owner, sent.data)))
    return name


def _check_name(sent: Upload) -> None:
    """Another name would stand for this content from then on. Raises Invalid."""
    if not _DIGEST.fullmatch(sent.name) or sha256(sent.data).hexdigest() != sent.name:
        raise Invalid("The name of the file must be the SHA-256 of its content, in hexadecimal digits")
