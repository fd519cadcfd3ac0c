"""The streams an event touches: its aggregate first. What an append expects untouched is named with these."""

from hashlib import sha256

CELL = "cell"


def term(service: str) -> str:
    return f"term:{service}"


def run(run_id: str) -> str:
    return f"run:{run_id}"


def job(job_id: str) -> str:
    return f"job:{job_id}"


def fleet(fleet_id: str) -> str:
    return f"fleet:{fleet_id}"


def instance(instance_id: str) -> str:
    return f"instance:{instance_id}"


def host(host_id: str) -> str:
    return f"host:{host_id}"


def parked(parked_id: str) -> str:
    return f"parked:{parked_id}"


def project(project_id: str) -> str:
    return f"project:{project_id}"


def held_by(project_id: str) -> str:
    """Touched by whatever begins in a project, and expected by its deletion alone: so none waits for another."""
    return f"held:{project_id}"


def user(user_id: str) -> str:
    return f"user:{user_id}"


def token(token_id: str) -> str:
    return f"token:{token_id}"


def grant(grant_id: str) -> str:
    return f"grant:{grant_id}"


def secret(project_id: str, name: str) -> str:
    return f"secret:{project_id}/{name}"


def repo(project_id: str, repo_id: str) -> str:
    return f"repo:{project_id}/{repo_id}"


def run_name(project_id: str, name: str) -> str:
    return f"name:{project_id}/runs/{name}"


def named_run(touched: tuple[str, ...]) -> tuple[str, str]:
    """Project id and name of the run whose name is among these streams; empty where none is."""
    for stream in touched:
        project_id, found, name = stream.removeprefix("name:").partition("/runs/")
        if found and stream.startswith("name:"):
            return project_id, name
    return "", ""


def fleet_name(project_id: str | None, name: str) -> str:
    return f"name:{project_id or 'cell'}/fleets/{name}"


def project_name(name: str) -> str:
    return f"name:projects/{name}"


def user_name(name: str) -> str:
    return f"name:users/{name}"


def idempotency_key(user_id: str, path: str, key: str) -> str:
    digest = sha256("\0".join((user_id, path, key)).encode()).hexdigest()
    return f"key:{digest}"
