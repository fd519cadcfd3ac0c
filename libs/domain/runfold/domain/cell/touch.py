"""Which streams an event touches and whose project it is in: looked up in the cell it was decided on."""

from collections.abc import Iterable
from typing import Any

from runfold.contracts import cell, fleet, instance, job, parking, project, run, user
from runfold.contracts.envelope import Context, NewEvent
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell


def new_events(events: Iterable[Event], state: Cell, actor: str | None = None) -> tuple[NewEvent, ...]:
    """`events` as they are appended. Runs that are submitted among them are known to the others.

    With `actor` (a service) each event carries on the correlation and the trace of the run it is about.
    """
    projects: dict[str, str | None] = {}
    made = []
    for event in events:
        if isinstance(event, run.RunSubmitted):
            projects[event.run_id] = event.project_id
        context = None if actor is None else _context(event, state, actor)
        project_id = _project_of(event, state, projects)
        made.append(NewEvent(event, touched(event, state), project_id, context=context))
    return tuple(made)


def _context(event: Any, state: Cell, actor: str) -> Context | None:
    job_id, run_id = getattr(event, "job_id", None), getattr(event, "run_id", None)
    if run_id is None and job_id in state.jobs:
        run_id = state.jobs[job_id].run_id
    about = state.runs.get(run_id) if run_id is not None else None
    return None if about is None else Context(actor, about.correlation_id, traceparent=about.traceparent)


def touched(event: Event, state: Cell) -> tuple[str, ...]:
    """The aggregate's own stream first. A job's facts don't touch the instance it runs on."""
    match event:
        # What there is most of comes first: a case costs for each class that it names.
        case (
            job.AttemptClaimed()
            | job.AttemptStarted()
            | job.AttemptExited()
            | job.OutputClosed()
            | job.JobSubmitted()
            | job.JobFinished()
        ):
            return (streams.job(event.job_id),)
        case job.JobPlaced():
            return (streams.job(event.job_id), streams.instance(event.instance_id))
        case run.RunSubmitted():
            run_name = streams.run_name(event.project_id, event.name)
            return (streams.run(event.run_id), run_name, streams.held_by(event.project_id))
        case run.RunStopRequested() | run.RunFinished() | run.RunUpdated():
            return (streams.run(event.run_id),)
        case cell.CellFounded():
            return (streams.CELL,)
        case cell.TermBegan():
            return (streams.term(event.service),)
        case user.UserCreated():
            return (streams.user(event.user_id), streams.user_name(event.name))
        case user.UserDeleted():
            name = state.users[event.user_id].name
            return (streams.user(event.user_id), streams.user_name(name))
        case user.UserUpdated() | user.SshKeyReplaced() | user.PublicKeyAdded() | user.PublicKeyDeleted():
            return (streams.user(event.user_id),)
        case user.TokenIssued():
            return (streams.token(event.token_id), streams.user(event.user_id))
        case user.TokenRevoked():
            return (streams.token(event.token_id),)
        case user.GrantGiven():
            return (streams.grant(event.grant_id), streams.user(event.user_id))
        case user.GrantRevoked():
            return (streams.grant(event.grant_id),)
        case project.ProjectCreated():
            return (streams.project(event.project_id), streams.project_name(event.name))
        case project.ProjectUpdated():
            return (streams.project(event.project_id),)
        case project.ProjectDeleted():
            name = state.projects[event.project_id].name
            return (streams.project(event.project_id), streams.project_name(name))
        case project.SecretStored() | project.SecretDeleted():
            return (streams.secret(event.project_id, event.name),)
        case project.RepoInitialized() | project.RepoDeleted():
            return (streams.repo(event.project_id, event.repo_id),)
        case run.RunDeleted():
            return (streams.run(event.run_id), streams.run_name(event.project_id, event.name))
        case fleet.FleetCreated():
            made = (streams.fleet(event.fleet_id), streams.fleet_name(event.project_id, event.name))
            return made if event.project_id is None else (*made, streams.held_by(event.project_id))
        case fleet.FleetDeleted():
            known = state.fleets[event.fleet_id]
            return (streams.fleet(known.id), streams.fleet_name(known.project_id, known.name))
        case fleet.FleetUpdated() | fleet.FleetDeletionRequested():
            return (streams.fleet(event.fleet_id),)
        case instance.ExecutorJoined():
            return (streams.host(event.host_id),)
        case instance.InstanceRequested() | instance.InstanceProvisioned():
            return (streams.instance(event.instance_id), streams.fleet(event.fleet_id))
        case instance.InstanceEnding() | instance.InstanceSilent() | instance.InstanceReturned():
            return (streams.instance(event.instance_id),)
        case instance.InstanceEnded():
            owner = state.instances[event.instance_id].fleet_id
            return (streams.instance(event.instance_id), streams.fleet(owner))
        case (
            parking.EventParked()
            | parking.ParkedRetryRequested()
            | parking.ParkedHandled()
            | parking.ParkedDropped()
        ):
            return (streams.parked(event.parked_id),)
        case _:
            return (streams.job(event.job_id),)


def _project_of(event: Any, state: Cell, submitted: dict[str, str | None]) -> str | None:
    """None for what belongs to the cell."""
    if (direct := getattr(event, "project_id", None)) is not None:
        return str(direct)
    if (run_id := getattr(event, "run_id", None)) is not None:
        return submitted[run_id] if run_id in submitted else state.runs[run_id].project_id
    if (job_id := getattr(event, "job_id", None)) is not None and job_id in state.jobs:
        return state.runs[state.jobs[job_id].run_id].project_id
    if (instance_id := getattr(event, "instance_id", None)) in state.instances:
        return state.instances[instance_id].project_id
    if (fleet_id := getattr(event, "fleet_id", None)) in state.fleets:
        return state.fleets[fleet_id].project_id
    return None
