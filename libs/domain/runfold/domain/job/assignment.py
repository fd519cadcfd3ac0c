"""What an executor is told of a placed attempt, with secret values filled in."""

import re
from collections.abc import Mapping
from dataclasses import replace

from runfold.contracts.executor import Assignment, Parcel, StopOrder
from runfold.domain.errors import DomainError
from runfold.domain.instance import silence
from runfold.domain.job.state import Attempt, Job
from runfold.domain.run.state import Run

_REFERENCE = re.compile(r"\$\$|\$\{\{\s*secrets\.([A-Za-z0-9_-]{1,200})\s*\}\}")


class SecretsMissing(DomainError):
    """The job names secrets that its project doesn't have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"secrets not found in the project: {', '.join(names)}")


def secrets_named(job: Job) -> list[str]:
    """Names of the secrets in its environment, each once."""
    found = (match[1] for value in job.spec.env.values() for match in _REFERENCE.finditer(value))
    return list(dict.fromkeys(name for name in found if name))


def assignment(
    run: Run,
    job: Job,
    attempt: Attempt,
    project: str,
    secrets: Mapping[str, str],
    registry_password: str | None,
    parcels: tuple[Parcel, ...] = (),
) -> Assignment:
    """Raises SecretsMissing; `secrets` has the values by name."""
    missing = [name for name in secrets_named(job) if name not in secrets]
    if missing:
        raise SecretsMissing(missing)
    env = {key: _filled(value, secrets) for key, value in job.spec.env.items()}
    return replace(_assignment(run, job, attempt, project, env, registry_password), parcels=parcels)


def archives_named(job: Job) -> list[str]:
    """Ids of the archives that its files and changes lie in, each once."""
    patch = job.spec.repo.patch if job.spec.repo else None
    return list(dict.fromkeys((*(each.archive_id for each in job.spec.files), *([patch] if patch else []))))


def reminder(run: Run, job: Job, attempt: Attempt, project: str) -> Assignment:
    """Of an attempt that its executor has claimed, and so has the values of: it goes on, unless `stop` says else."""
    return _assignment(run, job, attempt, project, {}, None)


def withheld(run: Run, job: Job, attempt: Attempt, project: str, why: str) -> Assignment:
    """Of one that can't be given: its executor ends it, unless it was begun with values that are gone since."""
    return replace(reminder(run, job, attempt, project), withheld=why)


def postponed(run: Run, job: Job, attempt: Attempt, project: str, why: str) -> Assignment:
    """Of one that can't be made at the moment: its executor goes on with it where it has begun it, and else waits."""
    return replace(withheld(run, job, attempt, project, why), postponed=True)


def _assignment(
    run: Run, job: Job, attempt: Attempt, project: str, env: dict[str, str], registry_password: str | None
) -> Assignment:
    return Assignment(
        attempt_id=attempt.id,
        job_id=job.id,
        run_id=run.id,
        run_name=run.name,
        project=project,
        spec=job.spec,
        env={**_own(run, job, attempt), **env},
        registry_password=registry_password,
        traceparent=run.traceparent,
        stop=stop_order(job, attempt),
        stop_after=attempt.stop_after,
        stop_after_grace=silence.GRACE,
    )


def stop_order(job: Job, attempt: Attempt) -> StopOrder | None:
    """The order to stop this attempt, where there is one. One that is lost is never to begin, whatever comes late."""
    if attempt.lost:
        return StopOrder(attempt.id, 0)
    if job.stop is None or job.attempt is not attempt:
        return None
    return StopOrder(attempt.id, job.stop.grace)


def _own(run: Run, job: Job, attempt: Attempt) -> dict[str, str]:
    """What every job finds in its environment (dstack spec, section 9.5)."""
    gpus = str(job.spec.requests.gpu // 1000)
    return {
        "DSTACK_RUN_NAME": run.name,
        "DSTACK_RUN_ID": run.id,
        "DSTACK_JOB_ID": attempt.id,
        "DSTACK_GPUS_NUM": gpus,
        "DSTACK_GPUS_PER_NODE": gpus,
        "DSTACK_NODES_NUM": str(len(run.jobs)),
        "DSTACK_NODE_RANK": str(job.job_num),
    }


def _filled(value: str, secrets: Mapping[str, str]) -> str:
    """`${{ secrets.NAME }}` by its value; `$$` escapes a `$` (only where a reference could stand)."""
    if "${{" not in value:
        return value
    return _REFERENCE.sub(lambda match: secrets[match[1]] if match[1] else "$", value)
