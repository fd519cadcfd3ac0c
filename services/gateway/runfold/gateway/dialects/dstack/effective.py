"""A run's specification with the defaults applied; get_plan and apply do the same (dstack spec, section 1.12)."""

from runfold.domain.errors import Invalid
from runfold.domain.run.schedule import next_trigger
from runfold.gateway.dialects.dstack.configuration.profile import ProfileParams
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration, VolumeMountPoint
from runfold.gateway.dialects.dstack.nodes import check_nodes
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.http.errors import Refused, Unsupported

#: What dstack runs a job without an image in; shown, since clients expect a name.
DEFAULT_IMAGE = "dstackai/base:0.16-base-ubuntu24.04"
_SHARED = tuple(ProfileParams.model_fields)


def task(spec: RunSpec) -> TaskConfiguration:
    """The task it configures; raises Unsupported for everything else, and for what no task can have yet."""
    configuration = spec.configuration
    if not isinstance(configuration, TaskConfiguration):
        raise Unsupported(f"Configurations of type {configuration.type} are")
    merged = merge(configuration, spec)
    for name, wanted in _unsupported(merged, spec).items():
        if wanted:
            raise Unsupported(f"`{name}` is")
    check_nodes(merged)
    check_schedule(merged)
    return merged


def effective(spec: RunSpec, ssh_key: str | None) -> RunSpec:
    """`spec` as it will be run. Raises Refused, Unsupported."""
    _check_repo(spec)
    task(spec)
    configuration = spec.configuration
    assert isinstance(configuration, TaskConfiguration)
    changes = {
        "nodes": None if configuration.groups else configuration.nodes or 1,
        "priority": configuration.priority or 0,
        "resources": _with_vendor(configuration),
    }
    return spec.model_copy(
        update={
            "run_name": spec.run_name or configuration.name,
            "repo_id": spec.repo_id or "none",
            "repo_data": spec.repo_data or {"repo_type": "virtual"},
            "configuration": configuration.model_copy(update=changes),
            "ssh_key_pub": spec.ssh_key_pub or ssh_key,
        }
    )


def merge(configuration: TaskConfiguration, spec: RunSpec) -> TaskConfiguration:
    """The configuration's values before the profile's, key by key, where they aren't null."""
    profile = spec.profile
    if profile is None:
        return configuration
    taken = {
        name: value
        for name in _SHARED
        if getattr(configuration, name) is None and (value := getattr(profile, name)) is not None
    }
    return configuration.model_copy(update=taken) if taken else configuration


def _unsupported(task: TaskConfiguration, spec: RunSpec) -> dict[str, object]:
    return {
        "volumes": any(isinstance(each, VolumeMountPoint) for each in task.volumes),
        "docker": task.docker,
        "dstack": task.dstack,
        "repo_data": spec.repo_data is not None and spec.repo_data.get("repo_type") == "local",
    }


def crons(task: TaskConfiguration) -> tuple[str, ...]:
    if task.schedule is None:
        return ()
    cron = task.schedule.cron
    return (cron,) if isinstance(cron, str) else tuple(cron)


def check_schedule(task: TaskConfiguration) -> None:
    """Raises Invalid, also for one that never comes."""
    if task.schedule is not None:
        next_trigger(crons(task), 0)


def _check_repo(spec: RunSpec) -> None:
    if spec.repo_id is None and spec.repo_data is not None:
        raise Refused("repo_data must not be set if repo_id is not set")
    if spec.repo_id is not None and spec.repo_data is None:
        raise Refused("repo_id must not be set if repo_data is not set")
    wanted = isinstance(spec.configuration, TaskConfiguration) and spec.configuration.repos
    if wanted and (spec.repo_data or {}).get("repo_type") != "remote":
        raise Refused("`repos` takes repo_id and repo_data of a remote repo, which was initialized before")


def _with_vendor(task: TaskConfiguration) -> object:
    """The default image is one for NVIDIA's GPUs."""
    resources = task.resources
    if task.image is not None or resources.gpu is None or resources.gpu.vendor is not None:
        return resources
    return resources.model_copy(update={"gpu": resources.gpu.model_copy(update={"vendor": "nvidia"})})


def check_text(task: TaskConfiguration) -> None:
    """No operating system takes a NUL in an argument or a variable; raises Invalid."""
    grouped = (command for group in task.groups or () for command in group.commands)
    texts = [*task.commands, *task.setup, *grouped, *task.env, *task.env.values()]
    texts += [t for t in (task.image, task.user, task.entrypoint, task.working_dir, task.shell) if t]
    if any("\0" in text for text in texts):
        raise Invalid("NUL characters are not allowed", field="configuration")
