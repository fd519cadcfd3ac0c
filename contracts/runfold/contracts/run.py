"""A run: what was asked for, by whom, and how it ended."""

from pydantic.dataclasses import dataclass

from runfold.contracts.values import Gang, Idle, Selection


@dataclass(frozen=True, slots=True)
class RunSubmitted:
    run_id: str
    project_id: str
    user_id: str
    name: str
    dialect: str  #: whose request this is
    request: str  #: the dialect's own document as JSON text, defaults applied, secrets taken out
    title: str | None = None
    priority: int = 0
    fleets: tuple[str, ...] | None = None  #: ids of the fleets it may use; None is any
    idle: Idle | None = (
        None  #: for how long instances that are made for it may idle; None is nothing asked for
    )
    selection: Selection | None = None  #: of the instances there; None is any
    gang: Gang | None = None  #: how its jobs belong together; None where each goes its own way
    schedule: tuple[
        str, ...
    ] = ()  #: cron expressions, in UTC: it is submitted anew at each time that one of them says


@dataclass(frozen=True, slots=True)
class RunUpdated:
    """Something of it changed while it goes on."""

    run_id: str
    user_id: str
    request: str  #: the whole document as it is now
    priority: int
    changed: tuple[str, ...]  #: names of the fields, as the dialect has them


@dataclass(frozen=True, slots=True)
class RunStopRequested:
    run_id: str
    user_id: str
    abort: bool = False  #: kill without grace


@dataclass(frozen=True, slots=True)
class RunFinished:
    run_id: str
    status: str  #: done, failed or terminated
    reason: str  #: as dstack's RunTerminationReason
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RunDeleted:
    """Gone from lists, its name free again; its history stays."""

    run_id: str
    project_id: str = ""  #: said since runs leave memory; an older event's streams name both
    name: str = ""


RunEvent = RunSubmitted | RunUpdated | RunStopRequested | RunFinished | RunDeleted
