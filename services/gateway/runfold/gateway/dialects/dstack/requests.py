"""The bodies that dstack's clients send."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import Interval
from pydantic import Field

from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration
from runfold.gateway.dialects.dstack.configuration.profile import Profile, ProfileOrEmpty
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.configuration.task import RunConfiguration

Limit100 = Annotated[int, Interval(ge=0, le=100)]


class FileArchiveMapping(Canonical):
    id: UUID
    path: str


class RunSpec(Canonical):
    run_name: str | None = None
    repo_id: str | None = None
    repo_data: dict[str, Any] | None = None
    repo_code_hash: str | None = None
    repo_dir: str | None = None
    file_archives: list[FileArchiveMapping] = Field(default_factory=list)
    working_dir: str | None = None
    configuration_path: str | None = None
    configuration: RunConfiguration
    profile: Profile | None = None
    ssh_key_pub: str | None = None


class GetRunPlanRequest(Canonical):
    run_spec: RunSpec
    max_offers: Annotated[int, Interval(ge=1, le=10000)] | None = None
    reverse_offers: bool = False
    full_offers: bool = False
    unallocated_resources: bool = False
    for_offers_only: bool = False


class Resource(Canonical):
    """A run or fleet as the client last saw it; only which one it was matters."""

    id: UUID | None = None


class ApplyRunPlanInput(Canonical):
    run_spec: RunSpec
    current_resource: Resource | None = None


class ApplyRunPlanRequest(Canonical):
    plan: ApplyRunPlanInput
    force: bool


class GetRunRequest(Canonical):
    run_name: str | None = None
    id: UUID | None = None


class StopRunsRequest(Canonical):
    runs_names: list[str]
    abort: bool


class DeleteRunsRequest(Canonical):
    runs_names: list[str]


class ListRunsRequest(Canonical):
    project_name: str | None = None
    repo_id: str | None = None
    username: str | None = None
    only_active: bool = False
    include_jobs: bool = True
    job_submissions_limit: Annotated[int, Interval(ge=0, le=10)] | None = None
    prev_submitted_at: datetime | None = None
    prev_run_id: UUID | None = None
    limit: Limit100 = 100
    ascending: bool = False


class PollLogsRequest(Canonical):
    run_name: str
    job_submission_id: UUID
    start_time: datetime | None = None
    end_time: datetime | None = None
    descending: bool = False
    next_token: str | None = None
    limit: Annotated[int, Interval(ge=0, le=1000)] = 100
    diagnose: bool = False


class ListUsersRequest(Canonical):
    return_total_count: bool = False
    name_pattern: Annotated[str, Field(pattern="^[a-zA-Z0-9-_]*$")] | None = None
    prev_created_at: datetime | None = None
    prev_id: UUID | None = None
    limit: Annotated[int, Interval(ge=0, le=2000)] = 2000
    ascending: bool = False


class UserRequest(Canonical):
    username: str


class CreateUserRequest(Canonical):
    username: str
    global_role: Literal["admin", "user"]
    email: str | None = None
    active: bool = True


class ListProjectsRequest(Canonical):
    include_not_joined: bool = True
    username: str | None = None
    return_total_count: bool = False
    name_pattern: str | None = None
    prev_created_at: datetime | None = None
    prev_id: UUID | None = None
    limit: Annotated[int, Interval(ge=0, le=2000)] = 2000
    ascending: bool = False


class CreateProjectRequest(Canonical):
    project_name: str
    is_public: bool = False
    templates_repo: str | None = None


class MemberSetting(Canonical):
    username: str
    project_role: Literal["admin", "manager", "user"]


class MembersRequest(Canonical):
    members: list[MemberSetting]


class RemoveMembersRequest(Canonical):
    usernames: list[str]


class FleetSpec(Canonical):
    configuration: FleetConfiguration
    configuration_path: str | None = None
    profile: ProfileOrEmpty
    autocreated: bool = False


class GetFleetPlanRequest(Canonical):
    spec: FleetSpec


class ApplyFleetPlanInput(Canonical):
    spec: FleetSpec
    current_resource: Resource | None = None


class ApplyFleetPlanRequest(Canonical):
    plan: ApplyFleetPlanInput
    force: bool


class GetFleetRequest(Canonical):
    name: str | None = None
    id: UUID | None = None


class ListProjectFleetsRequest(Canonical):
    include_imported: bool = False


class ListFleetsRequest(Canonical):
    project_name: str | None = None
    only_active: bool = False
    include_imported: bool = False
    prev_created_at: datetime | None = None
    prev_id: UUID | None = None
    limit: Limit100 = 100
    ascending: bool = False


class DeleteFleetsRequest(Canonical):
    names: list[str]
