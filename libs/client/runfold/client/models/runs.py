"""Runs, their jobs and plans."""

from datetime import datetime
from typing import Any

import msgspec

from runfold.client.models.base import Model
from runfold.client.models.machines import InstanceType, Offer

FINAL = frozenset({"terminated", "failed", "done"})


class PullProgress(Model, frozen=True):
    downloaded_bytes: int = 0
    extracted_bytes: int = 0
    total_bytes: int = 0
    is_total_bytes_final: bool = False


class SshProxy(Model, frozen=True):
    """The server's SSH front door, as a jump host."""

    hostname: str
    username: str
    port: int


class ProvisioningData(Model, frozen=True):
    backend: str
    instance_type: InstanceType
    region: str
    price: float
    instance_id: str = ""
    username: str = "root"
    hostname: str | None = None
    ssh_port: int | None = None
    ssh_proxy: SshProxy | None = None


class JobSubmission(Model, frozen=True):
    """An attempt; its output is read by its id."""

    id: str
    status: str
    submitted_at: datetime
    submission_num: int = 0
    finished_at: datetime | None = None
    status_message: str = ""
    termination_reason: str | None = None
    termination_reason_message: str | None = None
    exit_status: int | None = None
    error: str | None = None
    job_provisioning_data: ProvisioningData | None = None
    image_pull_progress: PullProgress | None = None


class AppSpec(Model, frozen=True):
    """A port that the configuration declares; `map_to_port` is the one of this machine, None any."""

    port: int
    map_to_port: int | None = None


class JobSpec(Model, frozen=True):
    job_name: str
    job_num: int = 0
    replica_num: int = 0
    image_name: str = ""
    app_specs: tuple[AppSpec, ...] = ()
    requirements: dict[str, Any] = msgspec.field(default_factory=dict)
    max_duration: int | None = None
    retry: dict[str, Any] | None = None


class Job(Model, frozen=True):
    job_spec: JobSpec
    job_submissions: tuple[JobSubmission, ...] = ()

    @property
    def latest(self) -> JobSubmission | None:
        return self.job_submissions[-1] if self.job_submissions else None


class RunSpec(Model, frozen=True):
    """`configuration` in its canonical form."""

    configuration: dict[str, Any]
    run_name: str | None = None
    configuration_path: str | None = None
    profile: dict[str, Any] | None = None
    file_archives: tuple[dict[str, Any], ...] = ()
    repo_id: str | None = None
    repo_data: dict[str, Any] | None = None
    repo_code_hash: str | None = None
    repo_dir: str | None = None


class RunFleet(Model, frozen=True):
    id: str
    name: str


class Run(Model, frozen=True):
    id: str
    project_name: str
    user: str
    submitted_at: datetime
    status: str
    run_spec: RunSpec
    status_message: str = ""
    termination_reason: str | None = None
    fleet: RunFleet | None = None
    jobs: tuple[Job, ...] = ()
    latest_job_submission: JobSubmission | None = None
    cost: float = 0
    error: str | None = None
    next_triggered_at: datetime | None = None

    @property
    def name(self) -> str:
        return self.run_spec.run_name or self.id

    @property
    def final(self) -> bool:
        return self.status in FINAL

    def job(self, job_num: int = 0, replica_num: int = 0) -> Job | None:
        wanted = (job_num, replica_num)
        return next((j for j in self.jobs if (j.job_spec.job_num, j.job_spec.replica_num) == wanted), None)


class JobPlan(Model, frozen=True):
    job_spec: JobSpec
    offers: tuple[Offer, ...] = ()
    total_offers: int = 0
    max_price: float | None = None


class RunPlan(Model, frozen=True):
    """`run_spec` as it was sent, `effective_run_spec` with defaults; `current_resource` is the run of that name."""

    project_name: str
    user: str
    run_spec: RunSpec
    effective_run_spec: RunSpec
    job_plans: tuple[JobPlan, ...]
    current_resource: Run | None = None
    action: str = "create"
