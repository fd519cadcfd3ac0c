"""What was sent along with a run."""

from hashlib import sha256
from typing import Any

from runfold.contracts.values import Files, Repo
from runfold.domain.errors import Invalid, NotFound
from runfold.domain.project.state import Project
from runfold.eventlog.archives import archive_id
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.configuration.task import RepoConfiguration, TaskConfiguration
from runfold.gateway.dialects.dstack.handlers import files
from runfold.gateway.dialects.dstack.requests.runs import FileArchiveMapping, RunSpec

MOST = 64  #: archives of one run
NO_CHANGES = sha256(b"").hexdigest()


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


async def repo_of(ask: Ask[Any], project: Project, spec: RunSpec, task: TaskConfiguration) -> Repo | None:
    """None of a run without one. `repos/init` was told by what the caller clones it. Raises NotFound, Invalid."""
    data = spec.repo_data
    if data is None or data.get("repo_type") != "remote":
        return None
    known = project.repos.get(spec.repo_id or "")
    creds = known.creds.get(ask.user_id) if known is not None else None
    if known is None or creds is None:
        raise NotFound(f"Repo {spec.repo_id} is not initialized by this user: init it first")
    wanted = task.repos[0] if task.repos else RepoConfiguration()
    return Repo(
        url=_checked(creds.clone_url),
        path=spec.repo_dir or wanted.path,
        branch=_text(data, "repo_branch"),
        commit=_text(data, "repo_hash"),
        single_branch=task.single_branch is not False,
        patch=await _patch(ask, project, spec),
        may_be_there=wanted.if_exists == "skip",
        user_name=_text(data, "repo_config_name"),
        user_email=_text(data, "repo_config_email"),
        private_key=creds.private_key,
        oauth_token=creds.oauth_token,
    )


async def _patch(ask: Ask[Any], project: Project, spec: RunSpec) -> str | None:
    """Of changes that were uploaded, where there are some: clients name those of an empty patch, too."""
    if spec.repo_code_hash is None or spec.repo_code_hash == NO_CHANGES:
        return None
    name = archive_id(files.repo(project.id, spec.repo_id or ""), spec.repo_code_hash)
    if await ask.in_time(ask.parts.archives.get(name)) is None:
        raise NotFound("The changes to the repo were not uploaded")
    return name


def _text(data: dict[str, Any], name: str) -> str | None:
    """Of what a client says of the repo. What begins like an option would be one to Git. Raises Invalid."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or value.startswith("-") or "\0" in value:
        raise Invalid(f"repo_data.{name}: this can't be", field="repo_data")
    return value


def _checked(url: str) -> str:
    if url.startswith("-") or "\0" in url:
        raise Invalid("The repo's clone_url is none", field="repo_data")
    return url
