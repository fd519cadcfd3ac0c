"""How a run changes with each of its own events. The state is changed in place."""

from typing import assert_never

from runfold.contracts import run as e
from runfold.contracts.values import Micros
from runfold.domain.run.state import Run, RunStatus, StopRequest

_STATUSES = {str(status): status for status in RunStatus}


def submitted(event: e.RunSubmitted, at: Micros) -> Run:
    """The initial state."""
    return Run(
        id=event.run_id,
        project_id=event.project_id,
        user_id=event.user_id,
        name=event.name,
        dialect=event.dialect,
        request=event.request,
        submitted_at=at,
        changed_at=at,
        title=event.title,
        priority=event.priority,
        fleets=event.fleets,
        idle=event.idle,
        selection=event.selection,
        gang=event.gang,
        schedule=event.schedule,
    )


def evolve(run: Run, event: e.RunEvent, at: Micros) -> Run:
    """`run` after `event`. A finished one can only be deleted."""
    if run.final is not None and not isinstance(event, e.RunDeleted):
        return run
    run.changed_at = at
    match event:
        case e.RunSubmitted():
            pass
        case e.RunUpdated():
            run.request, run.priority = event.request, event.priority
        case e.RunStopRequested():
            run.stop = StopRequest(at, event.abort, event.user_id)
        case e.RunFinished():
            run.final, run.finished_at = _STATUSES[event.status], at
            run.reason, run.message = event.reason, event.message
        case e.RunDeleted():
            run.deleted = True
        case _:
            assert_never(event)
    return run
