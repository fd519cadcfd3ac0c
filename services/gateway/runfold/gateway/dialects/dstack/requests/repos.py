"""The bodies of dstack's calls about repos."""

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.models.repos import RemoteRepoCreds, RepoInfo


class GetRepoRequest(Canonical):
    repo_id: str
    include_creds: bool


class SaveRepoCredsRequest(Canonical):
    repo_id: str
    repo_info: RepoInfo
    repo_creds: RemoteRepoCreds | None = None


class DeleteReposRequest(Canonical):
    repos_ids: list[str]
