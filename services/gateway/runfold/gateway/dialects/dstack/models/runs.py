"""Runs, their jobs, plans and output."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from runfold.gateway.dialects.dstack.models.machines import InstanceType, Offer
from runfold.gateway.dialects.dstack.models.shape import Shape
from runfold.gateway.dialects.dstack.requests.runs import RunSpec


class JobProvisioningData(Shape):
    backend: str
    base_backend: str | None
    instance_type: InstanceType
    instance_id: str
    hostname: str | None
    internal_ip: str | None
    public_ip_enabled: bool
    instance_network: str | None
    region: str
    availability_zone: str | None
    reservation: str | None
    price: float
    username: str
    ssh_port: int | None
    dockerized: bool
    ssh_proxy: Any | None
    backend_data: str | None
    gpu_driver: Any | None


class JobRuntimeData(Shape):
    network_mode: Literal["host", "bridge"]
    gpu: int | None
    cpu: float | None
    memory: float | None
    ports: dict[int, int] | None
    volume_names: list[str] | None
    offer: Offer | None
    working_dir: str | None
    username: str | None


class ImagePullProgress(Shape):
    downloaded_bytes: int
    extracted_bytes: int
    total_bytes: int
    is_total_bytes_final: bool


class JobSubmission(Shape):
    id: UUID
    submission_num: int
    deployment_num: int
    submitted_at: datetime
    last_processed_at: datetime
    finished_at: datetime | None
    inactivity_secs: int | None
    status: Literal[
        "submitted",
        "provisioning",
        "pulling",
        "running",
        "terminating",
        "terminated",
        "aborted",
        "failed",
        "done",
    ]
    status_message: str
    termination_reason: str | None
    termination_reason_message: str | None
    exit_status: int | None
    job_provisioning_data: JobProvisioningData | None
    job_runtime_data: JobRuntimeData | None
    error: str | None
    probes: list[Any]
    image_pull_progress: ImagePullProgress | None


class Requirements(Shape):
    resources: dict[str, Any]
    max_price: float | None
    spot: bool | None
    reservation: str | None
    multinode: bool
    backend_options: list[Any] | None


class JobSpec(Shape):
    replica_num: int
    job_num: int
    job_name: str
    jobs_per_replica: int
    replica_group: str
    app_specs: list[dict[str, Any]]
    user: dict[str, Any] | None
    commands: list[str]
    env: dict[str, str]
    home_dir: str
    image_name: str
    privileged: bool
    single_branch: bool
    max_duration: int | None
    stop_duration: int | None
    utilization_policy: dict[str, int] | None
    registry_auth: dict[str, str] | None
    requirements: Requirements
    retry: dict[str, Any] | None
    volumes: list[Any]
    ssh_key: None
    working_dir: str | None
    repo_data: dict[str, Any] | None
    repo_code_hash: str | None
    repo_dir: str
    repo_exists_action: str | None
    file_archives: list[Any]
    service_port: int | None
    probes: list[Any]
    node_group_index: int
    node_group_name: str
    node_group_job_index: int


class Job(Shape):
    job_spec: JobSpec
    job_submissions: list[JobSubmission]
    job_connection_info: Any | None


class RunFleet(Shape):
    id: UUID
    name: str


class Run(Shape):
    id: UUID
    project_name: str
    user: str
    fleet: RunFleet | None
    submitted_at: datetime
    last_processed_at: datetime
    status: Literal[
        "pending", "submitted", "provisioning", "running", "terminating", "terminated", "failed", "done"
    ]
    status_message: str
    termination_reason: str | None
    run_spec: RunSpec
    jobs: list[Job]
    latest_job_submission: JobSubmission | None
    cost: float
    service: None
    deployment_num: int
    error: str | None
    deleted: bool
    next_triggered_at: datetime | None


class JobPlan(Shape):
    job_spec: JobSpec
    offers: list[Offer]
    total_offers: int
    max_price: float | None


class RunPlan(Shape):
    project_name: str
    user: str
    run_spec: RunSpec
    effective_run_spec: RunSpec
    job_plans: list[JobPlan]
    current_resource: Run | None
    action: Literal["create", "update"]


class LogEvent(Shape):
    timestamp: datetime
    log_source: Literal["stdout", "stderr"]
    message: str


class JobSubmissionLogs(Shape):
    logs: list[LogEvent]
    external_url: str | None
    next_token: str | None
