"""Answers of a server, as a test needs them."""

from typing import Any

import msgspec

from runfold.client.models.fleets import Fleet
from runfold.client.models.runs import Run, RunPlan

AT = "2026-01-01T12:00:00Z"
HOST = {
    "name": "vm",
    "resources": {"cpus": 8, "memory_mib": 32768, "disk": {"size_mib": 102400}, "gpus": []},
}
GPU_HOST = {
    "name": "big",
    "resources": {
        "cpus": 64,
        "memory_mib": 524288,
        "gpus": [{"name": "A100", "memory_mib": 40960}] * 2,
        "spot": True,
    },
}


def submission(**fields: Any) -> dict[str, Any]:
    return {"id": "a1", "status": "running", "submitted_at": AT, **fields}


def placed(**fields: Any) -> dict[str, Any]:
    place = {"backend": "remote", "region": "local", "hostname": "vm", "instance_id": "vm"}
    data = {**place, "instance_type": HOST, "price": 0}
    return submission(job_provisioning_data=data, **fields)


def a_run(
    status: str = "running", *, name: str = "hello", latest: dict[str, Any] | None = None, **more: Any
) -> Run:
    jobs = [] if latest is None else [{"job_spec": {"job_name": f"{name}-0-0"}, "job_submissions": [latest]}]
    told = {
        "id": f"id-of-{name}",
        "project_name": "main",
        "user": "ann",
        "submitted_at": AT,
        "status": status,
        "status_message": status,
        "run_spec": {"run_name": name, "configuration": {"type": "task"}},
        "jobs": jobs,
        "latest_job_submission": latest,
        **more,
    }
    return msgspec.convert(told, Run)


def a_plan(*offers: dict[str, Any], total: int | None = None, **configuration: Any) -> RunPlan:
    spec = {"run_name": "hello", "configuration": {"type": "task", "name": "hello", **configuration}}
    told = {
        "project_name": "main",
        "user": "ann",
        "run_spec": spec,
        "effective_run_spec": spec,
        "job_plans": [
            {
                "job_spec": {"job_name": "hello-0-0"},
                "offers": offers,
                "total_offers": len(offers) if total is None else total,
            }
        ],
    }
    return msgspec.convert(told, RunPlan)


def an_offer(host: dict[str, Any], price: float, availability: str = "idle") -> dict[str, Any]:
    return {
        "backend": "remote",
        "instance": host,
        "region": "local",
        "price": price,
        "availability": availability,
    }


def a_fleet(**more: Any) -> Fleet:
    told = {
        "id": "f1",
        "name": "gpus",
        "project_name": "main",
        "created_at": AT,
        "status": "active",
        "spec": {"configuration": {"nodes": {"min": 0, "max": 2}, "resources": {"memory": {"min": 8.0}}}},
        **more,
    }
    return msgspec.convert(told, Fleet)
