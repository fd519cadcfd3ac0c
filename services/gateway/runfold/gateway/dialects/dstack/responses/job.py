"""Jobs and their submissions. dstack's submission is core's attempt."""

from typing import Any

from runfold.contracts.values import Micros
from runfold.domain.cell.state import Cell
from runfold.domain.job.state import Attempt, Job, JobStatus
from runfold.gateway.dialects.dstack import status
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration, unix_user
from runfold.gateway.dialects.dstack.effective import DEFAULT_IMAGE
from runfold.gateway.dialects.dstack.job_spec import retry, script, shell
from runfold.gateway.dialects.dstack.nodes import Node
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.dialects.dstack.responses.encode import maybe, timestamp
from runfold.gateway.dialects.dstack.responses.hardware import provisioning_data, runtime_data
from runfold.gateway.ssh.address import SshAddress

NEWEST = 10  #: submissions shown of one job


def job_spec(spec: RunSpec, node: Node, name: str) -> dict[str, Any]:
    """dstack's own JobSpec of a node, whose task has its profile merged."""
    task = node.task
    return {
        "replica_num": 0,
        "job_num": node.number,
        "job_name": node.job_name(name),
        "jobs_per_replica": node.of,
        "replica_group": "0",
        "app_specs": [_app(number, port) for number, port in enumerate(task.ports)],
        "user": unix_user(task.user).model_dump() if task.user else None,
        "commands": _commands(task),
        "env": task.env,
        "home_dir": task.home_dir,
        "image_name": task.image or DEFAULT_IMAGE,
        "privileged": task.privileged,
        "single_branch": True if task.single_branch is None else task.single_branch,
        "max_duration": _seconds(task.max_duration, None),
        "stop_duration": _seconds(task.stop_duration, 300),
        "utilization_policy": task.utilization_policy and task.utilization_policy.model_dump(),
        "registry_auth": task.registry_auth.model_dump() if task.registry_auth else None,
        "requirements": _requirements(task, multinode=node.of > 1),
        "retry": _retry(task),
        "volumes": [each.model_dump() for each in task.volumes],
        "ssh_key": None,
        "working_dir": task.working_dir,
        "repo_data": spec.repo_data,
        "repo_code_hash": spec.repo_code_hash,
        "repo_dir": spec.repo_dir or "/workflow",
        "repo_exists_action": None,
        "file_archives": [each.model_dump(mode="json") for each in spec.file_archives],
        "service_port": None,
        "probes": [],
        "node_group_index": node.group,
        "node_group_name": node.group_name,
        "node_group_job_index": node.within,
    }


def submissions(job: Job, cell: Cell, ssh: SshAddress | None, limit: int) -> list[dict[str, Any]]:
    """The newest `limit`, oldest of them first. What an executor refused is none, unless it is the latest."""
    shown = [a for a in job.attempts if not a.refused or a is job.attempt]
    numbered = list(enumerate(shown, job.past))[-limit:] if limit else []
    return [submission(job, attempt, number, cell, ssh) for number, attempt in numbered]


def is_to_come(job: Job) -> bool:
    """It waits for the first time that its schedule says: until then there is no submission."""
    return job.retry_due is not None and not job.attempt.ended


def submission(job: Job, attempt: Attempt, number: int, cell: Cell, ssh: SshAddress | None) -> dict[str, Any]:
    reason = status.job_reason(job, attempt)
    return {
        "id": attempt.id,
        "submission_num": number,
        "deployment_num": 0,
        "submitted_at": timestamp(attempt.submitted_at),
        "last_processed_at": timestamp(attempt.changed_at),
        "finished_at": maybe(attempt.finished_at or _done_at(job, attempt)),
        "inactivity_secs": None,
        "status": status.job_status(job, attempt),
        "status_message": status.job_message(job, attempt),
        "termination_reason": reason,
        "termination_reason_message": attempt.message if reason else None,
        "exit_status": attempt.exit_status,
        "job_provisioning_data": provisioning_data(attempt, cell, ssh),
        "job_runtime_data": runtime_data(job, attempt),
        "error": status.job_error(reason),
        "probes": [],
        "image_pull_progress": _pull_progress(attempt),
    }


def _done_at(job: Job, attempt: Attempt) -> Micros | None:
    """Of a node that is shown as done before the others are."""
    return attempt.exited_at if status.job_status(job, attempt) == "done" else None


def _pull_progress(attempt: Attempt) -> dict[str, Any] | None:
    """Of a pull under way, once something is known of it."""
    if attempt.status is not JobStatus.PULLING or attempt.pull is None or not attempt.pull.total_bytes:
        return None
    return {
        "downloaded_bytes": attempt.pull.downloaded_bytes,
        "extracted_bytes": attempt.pull.extracted_bytes,
        "total_bytes": attempt.pull.total_bytes,
        "is_total_bytes_final": attempt.pull.is_total_bytes_final,
    }


def _app(number: int, port: Any) -> dict[str, Any]:
    return {
        "port": port.container_port,
        "map_to_port": port.local_port,
        "app_name": f"app_{number}",
        "url_path": None,
        "url_query_params": None,
    }


def _commands(task: TaskConfiguration) -> list[str]:
    if task.entrypoint is not None:
        return [*task.entrypoint.split(), *task.commands]
    return [shell(task), "-c", script(task)] if task.commands else []


def _requirements(task: TaskConfiguration, *, multinode: bool) -> dict[str, Any]:
    resources = task.resources.model_dump(mode="json")
    if task.image is None and resources["cpu"]["arch"] is None:
        resources["cpu"]["arch"] = "x86"
    return {
        "resources": resources,
        "max_price": task.max_price,
        "spot": {"spot": True, "auto": None}.get(task.spot_policy or "", False),
        "reservation": task.reservation,
        "multinode": multinode,
        "backend_options": task.backend_options,
    }


def _retry(task: TaskConfiguration) -> dict[str, Any] | None:
    policy = retry(task.retry)
    return {"on_events": list(policy.on_events), "duration": policy.duration} if policy else None


def _seconds(wanted: int | str | None, default: int | None) -> int | None:
    if wanted is None:
        return default
    return None if isinstance(wanted, str) else wanted
