"""The bodies of calls about runs."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Interval
from pydantic import Field

from runfold.gateway.dialects.dstack.configuration.profile import Profile
from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.configuration.task import RunConfiguration
from runfold.gateway.dialects.dstack.requests.shared import Limit100, Listing, Resource


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


class SeenConfiguration(Canonical):
    priority: int | None = None


class SeenRunSpec(Canonical):
    configuration: SeenConfiguration


class SeenRun(Resource):
    """A run as the client last saw it: which one it was, and what of it may have changed since."""

    run_spec: SeenRunSpec | None = None


class ApplyRunPlanInput(Canonical):
    run_spec: RunSpec
    current_resource: SeenRun | None = None


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


class ListRunsRequest(Listing):
    project_name: str | None = None
    repo_id: str | None = None
    username: str | None = None
    only_active: bool = False
    include_jobs: bool = True
    job_submissions_limit: Annotated[int, Interval(ge=0, le=10)] | None = None
    prev_submitted_at: datetime | None = None
    prev_run_id: UUID | None = None
    limit: Limit100 = 100
