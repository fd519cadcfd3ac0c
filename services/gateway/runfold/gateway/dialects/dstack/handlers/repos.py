"""Repos: list, get, init, delete.

What a user clones by is sealed before it enters an event, and shown to that user alone.
"""

from typing import Any
from urllib.parse import urlsplit

from runfold.contracts.project import RepoCreds, RepoInitialized
from runfold.contracts.values import Ciphertext
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Invalid, NotFound
from runfold.domain.project import decide as projects
from runfold.domain.project.state import Project, Repo
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.models.repos import LocalRepoInfo, RemoteRepoCreds, RemoteRepoInfo
from runfold.gateway.dialects.dstack.requests import repos as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer


async def list_repos(ask: Ask[None]) -> Answer:
    return Answer(encoded([_head(repo) for repo in ask.project(Operation.READ).repos.values()]))


async def get(ask: Ask[requests.GetRepoRequest]) -> Answer:
    """With what the caller clones it by, if that is asked for."""
    project = ask.project(Operation.RUN if ask.body.include_creds else Operation.READ)
    repo = project.repos.get(ask.body.repo_id)
    if repo is None:
        raise NotFound("Resource not found")
    shown = _head(repo)
    sealed = repo.creds.get(ask.user_id) if ask.body.include_creds else None
    return Answer(encoded(shown | {"repo_creds": await _revealed(ask, sealed)}))


async def init(ask: Ask[requests.SaveRepoCredsRequest]) -> Answer:
    """Known from now on, with what the caller clones it by: that replaces what there was of the caller's."""
    project, info = ask.project(Operation.RUN), ask.body.repo_info
    command = RepoInitialized(
        project_id=project.id,
        repo_id=ask.body.repo_id,
        user_id=ask.user_id,
        repo_type=info.repo_type,
        name=info.repo_name if isinstance(info, RemoteRepoInfo) else None,
        directory=info.repo_dir if isinstance(info, LocalRepoInfo) else None,
        creds=await _sealed(ask, project, ask.body.repo_creds),
    )

    def decide(_: Cell) -> Decision:
        known = ask.project(Operation.RUN)
        return Decision("", tuple(projects.init_repo(known, command)), _streams(known, [command.repo_id]))

    await ask.write(decide)
    return Answer()


async def delete(ask: Ask[requests.DeleteReposRequest]) -> Answer:
    """What isn't there is passed over."""

    def decide(_: Cell) -> Decision:
        known, ids = ask.project(Operation.RUN), list(dict.fromkeys(ask.body.repos_ids))
        events = tuple(e for repo_id in ids for e in projects.delete_repo(known, repo_id))
        return Decision("", events, _streams(known, ids))

    await ask.write(decide)
    return Answer()


def _streams(project: Project, ids: list[str]) -> tuple[str, ...]:
    return tuple(streams.repo(project.id, repo_id) for repo_id in ids)


def _head(repo: Repo) -> dict[str, Any]:
    info: dict[str, Any] = {"repo_type": repo.repo_type}
    if repo.name is not None:
        info["repo_name"] = repo.name
    if repo.directory is not None:
        info["repo_dir"] = repo.directory
    return {"repo_id": repo.id, "repo_info": info}


async def _sealed(ask: Ask[Any], project: Project, creds: RemoteRepoCreds | None) -> RepoCreds | None:
    if creds is None:
        return None
    if "@" in creds.clone_url and ":" in urlsplit(creds.clone_url).netloc.rpartition("@")[0]:
        # It would stand in events for ever, and in the arguments of whoever clones.
        raise Invalid("clone_url holds a password: give it as oauth_token instead", field="repo_creds")

    async def seal(value: str | None) -> Ciphertext | None:
        return None if value is None else await ask.parts.secrets.seal(project.id, value)

    return RepoCreds(creds.clone_url, await seal(creds.private_key), await seal(creds.oauth_token))


async def _revealed(ask: Ask[Any], creds: RepoCreds | None) -> dict[str, Any] | None:
    if creds is None:
        return None

    async def reveal(value: Ciphertext | None) -> str | None:
        return None if value is None else await ask.parts.secrets.reveal(value)

    return {
        "clone_url": creds.clone_url,
        "private_key": await reveal(creds.private_key),
        "oauth_token": await reveal(creds.oauth_token),
    }
