"""From a task's configuration to the job that core runs."""

import shlex

from runfold.contracts.values import Files, Idle, JobSpec, Mount, Quantities, RegistryAuth, Repo, Retry
from runfold.domain.errors import Invalid
from runfold.gateway.dialects.dstack.configuration.profile import ProfileRetry
from runfold.gateway.dialects.dstack.configuration.resources import (
    DEFAULT_CPU,
    DEFAULT_DISK,
    DEFAULT_MEMORY,
    ResourcesSpec,
)
from runfold.gateway.dialects.dstack.configuration.task import InstanceMountPoint, TaskConfiguration
from runfold.gateway.dialects.dstack.nodes import Node
from runfold.gateway.dialects.dstack.prelude import prelude

GIGABYTE = 1024**3
STOP_DURATION, RETRY_DURATION = 300, 3600  #: seconds
MOST = 2**20  #: CPUs, GPUs, instances that can be asked for
RETRY_EVENTS = ("no-capacity", "interruption", "error")

#: bash as the specification says, where there is one; a minimal image has none.
_BASH = 'command -v bash >/dev/null 2>&1 && exec bash -c "$0"; exec sh -c "$0"'


def job_spec(
    node: Node,
    run_name: str,
    defaults: Quantities,
    registry: RegistryAuth | None = None,
    files: tuple[Files, ...] = (),
    repo: Repo | None = None,
) -> JobSpec:
    """The job of one node. `defaults` are reserved where nothing is asked for. Raises Invalid."""
    task = node.task
    requests = requested(task.resources, defaults)
    return JobSpec(
        name=node.job_name(run_name),
        command=_command(node),
        image=task.image,
        entrypoint=_split(task.entrypoint),
        env=dict(task.env),
        working_dir=_working_dir(task),
        user=task.user,
        privileged=task.privileged,
        ports=tuple(dict.fromkeys(port.container_port for port in task.ports)),
        files=files,
        repo=repo,
        registry_auth=registry,
        requests=requests,
        limits=_limits(task),
        shm_size=_bytes(task.resources.shm_size),
        retry=retry(task.retry),
        max_duration=_seconds(task.max_duration, None),
        stop_duration=_seconds(task.stop_duration, STOP_DURATION),
        host_network=node.of > 1,
        mounts=_mounts(task),
    )


def requested(resources: ResourcesSpec, defaults: Quantities) -> Quantities:
    """What is reserved. A lower bound that equals dstack's default counts as not asked for. Raises Invalid."""
    cpu, memory = resources.cpu.count.min, resources.memory.min
    disk = resources.disk.size.min if resources.disk else None
    return Quantities(
        cpu=defaults.cpu if cpu in (None, DEFAULT_CPU) else _milli(cpu, "cpu"),
        memory=defaults.memory if memory in (None, DEFAULT_MEMORY) else _bytes(memory),
        gpu=_milli(resources.gpu.count.min, "gpu") if resources.gpu else 0,
        disk=0 if disk in (None, DEFAULT_DISK) else _bytes(disk),
    )


def retry(wanted: ProfileRetry | bool | None) -> Retry | None:
    """True is every event for an hour; what is left out of a policy is the same."""
    if wanted is None or wanted is False:
        return None
    policy = ProfileRetry() if wanted is True else wanted
    duration = RETRY_DURATION if policy.duration is None else policy.duration
    return Retry(tuple(policy.on_events or RETRY_EVENTS), duration)


def idle(seconds: int | None) -> Idle | None:
    """Less than nothing is for ever, null that nothing is asked for."""
    if seconds is None:
        return None
    return Idle() if seconds < 0 else Idle(seconds)


def shell(task: TaskConfiguration) -> str:
    """/bin/sh in an image of the user's, /bin/bash in ours, unless the task names one."""
    if task.shell is None:
        return "/bin/sh" if task.image else "/bin/bash"
    if task.shell in ("sh", "bash"):
        return f"/bin/{task.shell}"
    if not task.shell.startswith("/"):
        raise Invalid("The value of `shell` must be `sh`, `bash`, or an absolute path", field="shell")
    return task.shell


def script(task: TaskConfiguration) -> str:
    """The first command that fails ends the job."""
    return " && ".join([*task.setup, *task.commands])


def _command(node: Node) -> tuple[str, ...]:
    task = node.task
    if task.entrypoint is not None:
        return tuple(task.commands)
    if not task.commands:
        return ()
    wanted = shell(task)
    text = prelude(node, wanted) + script(task)
    if task.shell is None and wanted == "/bin/bash":
        return ("/bin/sh", "-c", _BASH, text)
    return (wanted, "-c", text)


def _mounts(task: TaskConfiguration) -> tuple[Mount, ...]:
    points = [each for each in task.volumes if isinstance(each, InstanceMountPoint)]
    return tuple(Mount(each.instance_path, each.path, each.optional) for each in points)


def _split(entrypoint: str | None) -> tuple[str, ...] | None:
    if entrypoint is None:
        return None
    try:
        return tuple(shlex.split(entrypoint))
    except ValueError as error:
        raise Invalid(f"entrypoint: {error}", field="entrypoint") from None


def _working_dir(task: TaskConfiguration) -> str | None:
    if task.working_dir is not None and not task.working_dir.startswith("/"):
        raise Invalid("`working_dir` must be absolute", field="working_dir")
    return task.working_dir


def _limits(task: TaskConfiguration) -> Quantities:
    """Upper bounds are held to in an image of the user's alone: only there every host can enforce them."""
    if task.image is None:
        return Quantities()
    cpu, memory = task.resources.cpu.count.max, task.resources.memory.max
    return Quantities(cpu=_milli(cpu, "cpu"), memory=_bytes(memory))


def _seconds(wanted: int | str | None, default: int | None) -> int | None:
    if wanted is None:
        return default
    return None if isinstance(wanted, str) else wanted


def _milli(count: int | None, what: str) -> int:
    return 1000 * bounded(count or 0, f"resources.{what}")


def bounded(count: int, field: str) -> int:
    """Raises Invalid. Not a matter of the configurations' own types: those read as well what was taken before there was
    a bound."""
    if count > MOST:
        raise Invalid(f"{field}: {MOST} is the most", field=field)
    return count


def _bytes(gigabytes: float | None) -> int:
    return round((gigabytes or 0) * GIGABYTE)
