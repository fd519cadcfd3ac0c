"""Repos: where a job's code comes from."""

from typing import Annotated, Literal

from pydantic import Discriminator

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.models.shape import Shape


class RemoteRepoInfo(Canonical):
    repo_type: Literal["remote"] = "remote"
    repo_name: str


class LocalRepoInfo(Canonical):
    repo_type: Literal["local"] = "local"
    repo_dir: str


class VirtualRepoInfo(Canonical):
    repo_type: Literal["virtual"] = "virtual"


RepoInfo = Annotated[RemoteRepoInfo | LocalRepoInfo | VirtualRepoInfo, Discriminator("repo_type")]


class RemoteRepoCreds(Canonical):
    clone_url: str
    private_key: str | None = None
    oauth_token: str | None = None


class RepoHead(Shape):
    repo_id: str
    repo_info: RepoInfo


class RepoHeadWithCreds(RepoHead):
    repo_creds: RemoteRepoCreds | None
