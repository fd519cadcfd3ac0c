"""Runs: plan, submit, look, stop, delete."""

from datetime import datetime
from typing import Any

from runfold.client.models.runs import Run, RunPlan
from runfold.client.transport.call import Call, post

NO_REPO = {"repo_id": "none", "repo_data": {"repo_type": "virtual"}}


def spec(configuration: dict[str, Any], *, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A run's specification; its name is the configuration's where none is given."""
    return {
        "run_name": name or configuration.get("name"),
        "configuration": configuration,
        **NO_REPO,
        **{key: value for key, value in more.items() if value is not None},
    }


def plan(
    project: str, /, run_spec: dict[str, Any], *, max_offers: int | None = None, offers_only: bool = False
) -> Call[RunPlan]:
    body = {"run_spec": run_spec, "max_offers": max_offers, "for_offers_only": offers_only}
    return post(f"/api/project/{project}/runs/get_plan", RunPlan, body)


def apply(
    project: str, /, run_spec: dict[str, Any], *, current: Run | None = None, force: bool = False
) -> Call[Run]:
    """`current` is the run that the plan was made over; another one by now is refused unless forced."""
    seen = None if current is None else {"id": current.id}
    body = {"plan": {"run_spec": run_spec, "current_resource": seen}, "force": force}
    return post(f"/api/project/{project}/runs/apply", Run, body, writes=True)


def get(project: str, /, name: str | None = None, *, id: str | None = None) -> Call[Run]:
    return post(f"/api/project/{project}/runs/get", Run, {"run_name": name, "id": id})


def listed(
    project: str,
    /,
    *,
    only_active: bool = False,
    limit: int = 100,
    before: Run | None = None,
    submitted_before: datetime | None = None,
) -> Call[list[Run]]:
    """Newest first; `before` is the last run of the page before."""
    body = {
        "project_name": project,
        "only_active": only_active,
        "limit": limit,
        "job_submissions_limit": 1,
        "prev_submitted_at": before.submitted_at if before else submitted_before,
        "prev_run_id": before.id if before else None,
    }
    return post("/api/runs/list", list[Run], body)


def stop(project: str, /, *names: str, abort: bool = False) -> Call[None]:
    body = {"runs_names": names, "abort": abort}
    return post(f"/api/project/{project}/runs/stop", type(None), body, writes=True)


def delete(project: str, /, *names: str) -> Call[None]:
    return post(f"/api/project/{project}/runs/delete", type(None), {"runs_names": names}, writes=True)
