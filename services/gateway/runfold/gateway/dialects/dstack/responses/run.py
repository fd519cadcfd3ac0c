"""Runs, of whichever dialect they were submitted by."""

from dataclasses import dataclass
from typing import Any

import msgspec

from runfold.contracts.values import Micros
from runfold.domain.cell.state import Cell
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run
from runfold.gateway.dialects.dstack import status
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.effective import merge
from runfold.gateway.dialects.dstack.nodes import nodes
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.dialects.dstack.responses import job as jobs
from runfold.gateway.dialects.dstack.responses.encode import encoded, maybe, raw, timestamp
from runfold.gateway.ssh.address import SshAddress

DIALECT = "dstack"
HOUR = 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Documents:
    """What was asked for, as JSON; it stays as it is however the run goes."""

    run_spec: msgspec.Raw
    job_specs: tuple[msgspec.Raw, ...]  #: by rank

    def job_spec(self, job: Job) -> msgspec.Raw:
        """What another dialect made of several jobs is described as one."""
        return self.job_specs[min(job.job_num, len(self.job_specs) - 1)]


def documents(run: Run) -> Documents:
    """Read again from what is kept of the run."""
    spec = RunSpec.model_validate_json(run.request) if run.dialect == DIALECT else _translated(run)
    return documents_of(
        spec, run.request if run.dialect == DIALECT else spec.model_dump_json(), run_name=run.name
    )


def documents_of(spec: RunSpec, text: str, *, run_name: str) -> Documents:
    """`text` is `spec` as JSON."""
    assert isinstance(spec.configuration, TaskConfiguration)
    task = merge(spec.configuration, spec)
    shown = tuple(raw(encoded(jobs.job_spec(spec, node, run_name))) for node in nodes(task))
    return Documents(raw(text), shown)


def run_bytes(
    run: Run,
    documents: Documents,
    cell: Cell,
    ssh: SshAddress | None,
    *,
    jobs_too: bool = True,
    limit: int = jobs.NEWEST,
) -> bytes:
    """The run with at most `limit` submissions of each job, or without its jobs."""
    begun = [job for job in run.jobs if not jobs.is_to_come(job)] if jobs_too else []
    shown = [_job(job, documents.job_spec(job), cell, ssh, limit) for job in begun]
    return encoded(_run(run, documents, cell, shown))


def _run(run: Run, documents: Documents, cell: Cell, shown: list[dict[str, Any]]) -> dict[str, Any]:
    state = run.status
    newest = shown[0]["job_submissions"][-1:] if shown else []
    owner = cell.users.get(run.user_id)
    return {
        "id": run.id,
        "project_name": cell.projects[run.project_id].name,
        "user": owner.name if owner else "",
        "fleet": _fleet(run, cell),
        "submitted_at": timestamp(run.submitted_at),
        "last_processed_at": timestamp(run.last_changed_at),
        "status": str(state),
        "status_message": status.run_message(run, state),
        "termination_reason": status.run_reason(run),
        "run_spec": documents.run_spec,
        "jobs": shown,
        "latest_job_submission": newest[0] if newest else None,
        "cost": _cost(run, cell),
        "service": None,
        "deployment_num": 0,
        "error": status.run_error(run),
        "deleted": run.deleted,
        "next_triggered_at": maybe(_next_triggered_at(run)),
    }


def _next_triggered_at(run: Run) -> Micros | None:
    """Of what waits for its schedule, and of nothing that runs."""
    return run.jobs[0].retry_due if run.schedule and run.final is None else None


def _translated(run: Run) -> RunSpec:
    """A run of another dialect as the task that it comes to."""
    first = run.jobs[0].spec
    task = TaskConfiguration(
        commands=list(first.command),
        image=first.image or ("scratch" if not first.command else None),
        env=first.env,
        nodes=1,
        priority=run.priority,
    )
    return RunSpec(run_name=run.name, repo_id="none", repo_data={"repo_type": "virtual"}, configuration=task)


def _job(job: Job, job_spec: msgspec.Raw, cell: Cell, ssh: SshAddress | None, limit: int) -> dict[str, Any]:
    return {
        "job_spec": job_spec,
        "job_submissions": jobs.submissions(job, cell, ssh, limit),
        "job_connection_info": None,
    }


def _fleet(run: Run, cell: Cell) -> dict[str, str] | None:
    """That of the instance where its first job was placed last."""
    placed = [a.instance_id for a in run.jobs[0].attempts if a.instance_id] if run.jobs else []
    instance = cell.instances.get(placed[-1]) if placed else None
    if instance is None or (fleet := cell.fleets.get(instance.fleet_id)) is None:
        return None
    return {"id": fleet.id, "name": fleet.name}


def _cost(run: Run, cell: Cell) -> float:
    """Dollars up to what is known last, so that every replica says the same."""
    total = 0
    for attempt in (a for job in run.jobs for a in job.attempts):
        instance = cell.instances.get(attempt.instance_id or "")
        if instance is not None and instance.price_micros and attempt.placed_at is not None:
            until = attempt.exited_at or attempt.finished_at or attempt.changed_at
            total += instance.price_micros * max(0, until - attempt.placed_at)
    return total / HOUR / 1_000_000
