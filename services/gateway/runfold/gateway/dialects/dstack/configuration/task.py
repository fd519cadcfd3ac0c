"""Task configurations; of dev environments and services so far only that they are such."""

import re
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval, MaxLen, MinLen
from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, model_validator

from runfold.gateway.dialects.dstack.configuration.profile import ProfileParams
from runfold.gateway.dialects.dstack.configuration.resources import Resources, ResourcesSpec
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical

AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00:]*$")]
Port = Annotated[int, Interval(ge=1, le=65535)]
PythonVersion = Literal["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
_ENV = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)(=(.*))?", re.DOTALL)


class PortMapping(Canonical):
    local_port: Port | None = None
    container_port: Port

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        """`8080`, "80:8080", "*:8080"."""
        if isinstance(value, int) and not isinstance(value, bool):
            return {"local_port": value, "container_port": value}
        if isinstance(value, str):
            local, colon, container = value.partition(":")
            if not (local == "*" or local.isdecimal()) or (colon and not container.isdecimal()):
                raise ValueError(value)
            if not colon:
                return {"local_port": value, "container_port": value}
            return {"local_port": None if local == "*" else local, "container_port": container}
        return value


def _environment(value: Any) -> Any:
    """A list of "A=1" or a mapping; numbers and booleans are what YAML makes of unquoted values."""
    if isinstance(value, list):
        return dict(_assignment(item) for item in value)
    if isinstance(value, dict):
        return {
            key: str(item) if isinstance(item, int | float) and not isinstance(item, bool) else item
            for key, item in value.items()
        }
    return value


def _assignment(item: Any) -> tuple[str, str]:
    found = _ENV.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        raise ValueError("environment variables are given as NAME=value")
    if found[2] is None:
        raise ValueError(f"environment variable {found[1]} has no value")
    return found[1], found[3]


Env = Annotated[dict[str, str], BeforeValidator(_environment)]


class RegistryAuth(Canonical):
    username: str
    password: str


class UnixUser(Canonical):
    uid: int | None = None
    gid: int | None = None
    username: str | None = None
    groupname: str | None = None


def unix_user(text: str) -> UnixUser:
    """ "uid[:gid]" or "name[:group]"; ValueError for anything else."""
    parts = text.split(":")
    if len(parts) > 2:
        raise ValueError("invalid user format: too many parts")
    if not all(parts):
        raise ValueError("invalid user format: empty part")
    fields: dict[str, Any] = {}
    for part, number, name in zip(parts, ("uid", "gid"), ("username", "groupname"), strict=False):
        fields[number if part.isdecimal() else name] = part
    return UnixUser.model_validate(fields)


def _user(value: Any) -> Any:
    if isinstance(value, str):
        unix_user(value)
    return value


class RepoConfiguration(Canonical):
    """`path`, `url` or `local path`, and `:` before a path in the job, as a text."""

    local_path: str | None = None
    url: str | None = None
    branch: str | None = None
    hash: str | None = None
    path: str = "."
    if_exists: Literal["error", "skip"] = "error"

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        where, path = _split_path(value)
        is_url = "://" in where or _SCP.match(where) is not None
        return {"url" if is_url else "local_path": where, **({"path": path} if path else {})}


_SCP = re.compile(r"[^/]+@[^/]+:")


def _split_path(value: str) -> tuple[str, str]:
    """At the last colon that isn't a URL's own."""
    where, colon, path = value.rpartition(":")
    if not colon or path.startswith("//") or (_SCP.match(value) and "@" in where and ":" not in where):
        return value, ""
    return where, path


class FileMapping(Canonical):
    """`local_path`, and `:` before a path in the job, as a text."""

    local_path: str
    path: str

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        where, colon, path = value.partition(":")
        return {"local_path": where, "path": path if colon else where}


class VolumeMountPoint(Canonical):
    """A volume with a name, of which there are none yet."""

    name: str | list[str]
    path: str


class InstanceMountPoint(Canonical):
    """A directory of the host."""

    instance_path: AbsolutePath
    path: AbsolutePath
    optional: bool = False


def _mount_point(value: Any) -> Any:
    """ "/host:/path" or "name:/path"."""
    if not isinstance(value, str):
        return value
    where, colon, path = value.partition(":")
    if not colon or ":" in path:
        raise ValueError(f"{value!r:.80} is neither `name:/path` nor `/host:/path`")
    return {"instance_path" if where.startswith("/") else "name": where, "path": path}


MountPoint = Annotated[VolumeMountPoint | InstanceMountPoint, BeforeValidator(_mount_point)]


class NodeGroup(Canonical):
    """Nodes of a distributed task that run the same."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] | None = None
    nodes: Annotated[int, Ge(1)] = 1
    resources: Resources = Field(default_factory=ResourcesSpec)
    commands: list[str] = Field(default_factory=list)
    ports: list[PortMapping] = Field(default_factory=list)


class TaskConfiguration(ProfileParams):
    """Fields that dstack has and that nothing is made of yet are `Any`: they are refused where they are used."""

    nodes: Annotated[int, Ge(1)] | None = None
    groups: Annotated[list[NodeGroup], MinLen(1)] | None = None
    ports: list[PortMapping] = Field(default_factory=list)
    commands: list[str] = Field(default_factory=list)
    type: Literal["task"] = "task"
    name: str | None = None
    image: str | None = None
    user: Annotated[str | None, BeforeValidator(_user)] = None
    privileged: bool = False
    entrypoint: str | None = None
    working_dir: str | None = None
    home_dir: str = "/root"
    registry_auth: RegistryAuth | None = None
    python: Annotated[
        PythonVersion | None, BeforeValidator(lambda v: str(v) if isinstance(v, float) else v)
    ] = None
    nvcc: bool | None = None
    single_branch: bool | None = None
    env: Env = Field(default_factory=dict)
    shell: str | None = None
    resources: Resources = Field(default_factory=ResourcesSpec)
    priority: Annotated[int, Interval(ge=0, le=100)] | None = None
    volumes: list[MountPoint] = Field(default_factory=list)
    docker: bool | None = None
    repos: Annotated[list[RepoConfiguration], MaxLen(1)] = Field(default_factory=list)
    files: list[FileMapping] = Field(default_factory=list)
    dstack: bool = False
    setup: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _runs_something(self) -> "TaskConfiguration":
        """Each of its nodes."""
        commands = [group.commands for group in self.groups] if self.groups else [self.commands]
        if not all(commands) and not self.image:
            raise ValueError("Either `commands` or `image` must be set")
        return self

    @model_validator(mode="after")
    def _has_one_python(self) -> "TaskConfiguration":
        if self.python is not None and self.image is not None:
            raise ValueError("`image` and `python` are mutually exclusive fields")
        return self

    @model_validator(mode="after")
    def _groups_say_it_all(self) -> "TaskConfiguration":
        if self.groups and (self.nodes is not None or self.commands or self.ports):
            raise ValueError("`groups` have their own `nodes`, `commands` and `ports`")
        names = [group.name for group in self.groups or () if group.name is not None]
        if len(set(names)) < len(names):
            raise ValueError("Names of `groups` must be unique")
        return self


class DevEnvironmentConfiguration(Canonical):
    type: Literal["dev-environment"]
    name: str | None = None


class ServiceConfiguration(Canonical):
    type: Literal["service"]
    name: str | None = None


RunConfiguration = Annotated[
    TaskConfiguration | DevEnvironmentConfiguration | ServiceConfiguration, Discriminator("type")
]
