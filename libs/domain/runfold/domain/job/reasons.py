"""Why an attempt ended, what that makes of its job, and whether it may be tried again (dstack spec, section 8)."""

from typing import NamedTuple


class Meaning(NamedTuple):
    status: str  #: final status of the job
    retry_event: str | None = None  #: what `retry.on_events` calls it


_ERROR = Meaning("failed", "error")
_TERMINATED = Meaning("terminated")

MEANINGS: dict[str, Meaning] = {
    "failed_to_start_due_to_no_capacity": Meaning("failed", "no-capacity"),
    "interrupted_by_no_capacity": Meaning("failed", "interruption"),
    "instance_unreachable": _ERROR,
    "instance_access_revoked": _ERROR,
    "waiting_instance_limit_exceeded": _ERROR,
    "waiting_runner_limit_exceeded": _ERROR,
    "volume_error": _ERROR,
    "gateway_error": _ERROR,
    "container_exited_with_error": _ERROR,
    "ports_binding_failed": _ERROR,
    "creating_container_error": _ERROR,
    "executor_error": _ERROR,
    "log_quota_exceeded": _ERROR,
    "terminated_by_user": _TERMINATED,
    "scaled_down": _TERMINATED,
    "terminated_by_server": _TERMINATED,
    "inactivity_duration_exceeded": _TERMINATED,
    "terminated_due_to_utilization_policy": _TERMINATED,
    "max_duration_exceeded": _TERMINATED,
    "aborted_by_user": Meaning("aborted"),
    "done_by_runner": Meaning("done"),
}


def meaning(reason: str) -> Meaning:
    """A reason that this version doesn't know counts as an error."""
    return MEANINGS.get(reason, _ERROR)
