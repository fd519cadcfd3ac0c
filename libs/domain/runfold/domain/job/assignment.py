"""What an executor is told of a placed attempt, with secret values filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from runfold.contracts.executor import Assignment, Parcel, StopOrder
from runfold.contracts.values import JobSpec
from runfold.domain.errors import DomainError
from runfold.domain.instance import silence
from runfold.domain.job.nodes import LOOPBACK, rank
from runfold.domain.job.references import secrets_in, with_addresses, with_secrets
from runfold.domain.job.state import Attempt, Job
from runfold.domain.run.state import Run


class SecretsMissing(DomainError):
    """The job names secrets that its project doesn't have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"secrets not found in the project: {', '.join(names)}")


def secrets_named(job: Job, registry_password: str | None = None) -> list[str]:
    """Names of the secrets in its environment and its registry's log-in, each once."""
    registry = job.spec.registry_auth
    login = [] if registry is None else [registry.username, registry_password or ""]
    return secrets_in([*job.spec.env.values(), *login])


def assignment(
    run: Run,
    job: Job,
    attempt: Attempt,
    project: str,
    secrets: Mapping[str, str],
    registry_password: str | None,
    parcels: tuple[Parcel, ...] = (),
    nodes: Sequence[str] = (LOOPBACK,),
) -> Assignment:
    """Raises SecretsMissing; `secrets` has the values by name, `nodes` the addresses of all nodes of the run."""
    missing = [name for name in secrets_named(job, registry_password) if name not in secrets]
    if missing:
        raise SecretsMissing(missing)
    env = {key: with_secrets(value, secrets) for key, value in job.spec.env.items()}
    password = None if registry_password is None else with_secrets(registry_password, secrets)
    made = _assignment(run, job, attempt, project, {**_addresses(nodes), **env}, password)
    return replace(made, spec=_filled(run, job.spec, secrets, nodes), parcels=parcels)


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
    gpus = sum(member.spec.requests.gpu for member in run.jobs) // 1000
    return {
        "DSTACK_RUN_NAME": run.name,
        "DSTACK_RUN_ID": run.id,
        "DSTACK_JOB_ID": attempt.id,
        "DSTACK_GPUS_NUM": str(gpus),
        "DSTACK_GPUS_PER_NODE": str(job.spec.requests.gpu // 1000),
        "DSTACK_NODES_NUM": str(len(run.jobs)),
        "DSTACK_NODE_RANK": str(job.job_num),
    }


def _addresses(nodes: Sequence[str]) -> dict[str, str]:
    return {"DSTACK_MASTER_NODE_IP": nodes[0], "DSTACK_NODES_IPS": "\n".join(nodes)}


def _filled(run: Run, spec: JobSpec, secrets: Mapping[str, str], nodes: Sequence[str]) -> JobSpec:
    """The specification itself where there is nothing to fill in, as in nearly all."""
    if any("${{" in part for part in spec.command):

        def address(group: int, node: int) -> str:
            number = rank(run.gang, group, node)
            return "" if number is None else nodes[number]

        spec = replace(spec, command=tuple(with_addresses(part, address) for part in spec.command))
    registry = spec.registry_auth
    if registry is not None and "${{" in registry.username:
        login = replace(registry, username=with_secrets(registry.username, secrets))
        spec = replace(spec, registry_auth=login)
    return spec
