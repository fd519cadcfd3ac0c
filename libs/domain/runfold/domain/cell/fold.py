"""Folds commits into the cell's state: one handler per event type, found by dictionary."""

from collections.abc import Callable
from typing import Any

from runfold.contracts import cell, fleet, instance, job, parking, project, run, user
from runfold.contracts.envelope import Commit, Envelope, Unknown
from runfold.domain import streams
from runfold.domain.cell.names import free_name
from runfold.domain.cell.state import Cell, Deletion, Remembered, Term
from runfold.domain.fleet import evolve as fleets
from runfold.domain.instance import evolve as instances
from runfold.domain.job import evolve as jobs
from runfold.domain.job.state import Attempt
from runfold.domain.parking import evolve as parked
from runfold.domain.project.state import Project, Repo, Secret
from runfold.domain.run import evolve as runs
from runfold.domain.run.deleted import named
from runfold.domain.user import evolve as users
from runfold.domain.user.state import Grant, Token

KEYS_KEPT = 24 * 3600 * 1_000_000


class UnknownEvent(Exception):
    """An event this build doesn't know and may not skip: it has to stop deciding until it is updated."""


class CannotFold(Exception):
    """What an event was to be folded into may be torn."""


def fold(state: Cell, commit: Commit) -> None:
    """Apply a commit. Raises UnknownEvent; whatever else it raises leaves `state` torn: discard it and fold anew."""
    for envelope in commit.events:
        try:
            apply(state, envelope)
        except UnknownEvent:
            raise
        except Exception as error:
            where = f"{envelope.type} v{envelope.record.version} at position {envelope.position}"
            raise CannotFold(f"{where}: {error!r}") from error


def apply(state: Cell, envelope: Envelope) -> None:
    data = envelope.data
    _HANDLERS[type(data)](state, data, envelope)
    if envelope.record.idempotency is not None:
        _remember(state, envelope)
    state.position, state.time = envelope.position, envelope.time


def _unknown(_: Cell, __: Unknown, envelope: Envelope) -> None:
    if not envelope.record.ignorable:
        raise UnknownEvent(f"{envelope.type} v{envelope.record.version} at position {envelope.position}")


def _remember(state: Cell, envelope: Envelope) -> None:
    key = envelope.record.idempotency
    assert key is not None
    state.keys[streams.idempotency_key(key.user_id, key.path, key.key)] = Remembered(key, envelope.time)
    while state.keys:
        oldest = next(iter(state.keys))
        if state.keys[oldest].time > envelope.time - KEYS_KEPT:
            break
        del state.keys[oldest]


def _cell_founded(state: Cell, e: cell.CellFounded, _: Envelope) -> None:
    state.id = e.cell_id


def _term_began(state: Cell, e: cell.TermBegan, envelope: Envelope) -> None:
    state.terms[e.service] = Term(e.term_id, e.address, envelope.position)


def _user_created(state: Cell, e: user.UserCreated, envelope: Envelope) -> None:
    state.users[e.user_id] = users.created(e, envelope.time)
    state.names[streams.user_name(e.name)] = e.user_id


def _user_changed(state: Cell, e: Any, envelope: Envelope) -> None:
    known = users.evolve(state.users[e.user_id], e, envelope.time)
    if known.deleted:
        free_name(state, streams.user_name(known.name), known.id)


def _token_issued(state: Cell, e: user.TokenIssued, _: Envelope) -> None:
    state.tokens[e.token_id] = state.tokens_by_sha256[e.sha256] = Token(e.token_id, e.user_id, e.sha256)


def _token_revoked(state: Cell, e: user.TokenRevoked, _: Envelope) -> None:
    token = state.tokens.pop(e.token_id, None)
    if token is not None:
        state.tokens_by_sha256.pop(token.sha256, None)


def _grant_given(state: Cell, e: user.GrantGiven, _: Envelope) -> None:
    grant = state.grants[e.grant_id] = Grant(e.grant_id, e.user_id, e.role, e.scope)
    if e.user_id in state.users:
        state.users[e.user_id].grants[e.grant_id] = grant


def _grant_revoked(state: Cell, e: user.GrantRevoked, _: Envelope) -> None:
    grant = state.grants.pop(e.grant_id, None)
    if grant is not None and grant.user_id in state.users:
        state.users[grant.user_id].grants.pop(grant.id, None)


def _project_created(state: Cell, e: project.ProjectCreated, envelope: Envelope) -> None:
    state.projects[e.project_id] = Project(
        e.project_id, e.name, e.owner_id, e.department, e.serial, envelope.time, e.is_public
    )
    state.names[streams.project_name(e.name)] = e.project_id


def _project_updated(state: Cell, e: project.ProjectUpdated, _: Envelope) -> None:
    state.projects[e.project_id].is_public = e.is_public


def _project_deleted(state: Cell, e: project.ProjectDeleted, _: Envelope) -> None:
    known = state.projects[e.project_id]
    known.deleted = True
    free_name(state, streams.project_name(known.name), known.id)


def _secret_stored(state: Cell, e: project.SecretStored, _: Envelope) -> None:
    state.projects[e.project_id].secrets[e.name] = Secret(e.secret_id, e.name, e.value)


def _secret_deleted(state: Cell, e: project.SecretDeleted, _: Envelope) -> None:
    state.projects[e.project_id].secrets.pop(e.name, None)


def _repo_initialized(state: Cell, e: project.RepoInitialized, _: Envelope) -> None:
    repos = state.projects[e.project_id].repos
    known = repos.get(e.repo_id)
    made = repos[e.repo_id] = Repo(e.repo_id, e.repo_type, e.name, e.directory, known.creds if known else {})
    if e.creds is None:
        made.creds.pop(e.user_id, None)
    else:
        made.creds[e.user_id] = e.creds


def _repo_deleted(state: Cell, e: project.RepoDeleted, _: Envelope) -> None:
    state.projects[e.project_id].repos.pop(e.repo_id, None)


def _run_submitted(state: Cell, e: run.RunSubmitted, envelope: Envelope) -> None:
    made = state.runs[e.run_id] = runs.submitted(e, envelope.time)
    made.correlation_id, made.traceparent = envelope.record.correlation_id, envelope.record.traceparent
    state.names[streams.run_name(e.project_id, e.name)] = e.run_id
    state.projects[e.project_id].runs[e.run_id] = None


def _run_changed(state: Cell, e: run.RunUpdated | run.RunStopRequested, envelope: Envelope) -> None:
    known = state.runs.get(e.run_id)
    if known is not None:
        runs.evolve(known, e, envelope.time)


def _run_finished(state: Cell, e: run.RunFinished, envelope: Envelope) -> None:
    known = state.runs.get(e.run_id)
    if known is not None and known.final is None:
        runs.evolve(known, e, envelope.time)
        state.finished[e.run_id] = envelope.position


def _run_deleted(state: Cell, e: run.RunDeleted, envelope: Envelope) -> None:
    e = named(e, envelope.record.streams)
    free_name(state, streams.run_name(e.project_id, e.name), e.run_id)
    known = state.runs.get(e.run_id)
    if known is None:
        state.deletions.setdefault(e.run_id, Deletion(envelope.position, envelope.time))
        return
    runs.evolve(known, e, envelope.time)
    if state.finished.pop(e.run_id, None) is not None:
        state.finished[e.run_id] = envelope.position


def _job_submitted(state: Cell, e: job.JobSubmitted, envelope: Envelope) -> None:
    made = state.jobs[e.job_id] = jobs.submitted(e, envelope.time, state.jobs[e.like] if e.like else None)
    state.runs[e.run_id].jobs.append(made)
    _know_attempt(state, e.job_id, made.attempt)


def _job_placed(state: Cell, e: job.JobPlaced, envelope: Envelope) -> None:
    _job_changed(state, e, envelope)
    attempt = state.attempts.get(e.attempt_id)
    if attempt is None or attempt.ended:
        return
    if e.host_id in state.hosts:
        state.hosts[e.host_id].take(e.attempt_id, e.job_id, e.reserved)
    if e.instance_id in state.instances:
        placed_on = state.instances[e.instance_id]
        placed_on.attempts.add(e.attempt_id)
        placed_on.idle_since = None


def _job_resubmitted(state: Cell, e: job.JobResubmitted, envelope: Envelope) -> None:
    _job_changed(state, e, envelope)
    known = state.jobs.get(e.job_id)
    if known is not None:
        _know_attempt(state, e.job_id, known.attempt)
        for past in jobs.leave_past(known):
            del state.attempts[past.id], state.jobs_by_attempt[past.id]


def _job_changed(state: Cell, e: Any, envelope: Envelope) -> None:
    """What is said of a job whose run is finished, and may have left memory, changes nothing."""
    known = state.jobs.get(e.job_id)
    if known is not None:
        jobs.evolve(known, e, envelope.time)


def _attempt_ended(state: Cell, e: Any, envelope: Envelope) -> None:
    _job_changed(state, e, envelope)
    attempt = state.attempts.get(e.attempt_id)
    if attempt is not None and attempt.ended:
        _release(state, attempt, envelope)


def _release(state: Cell, attempt: Attempt, envelope: Envelope) -> None:
    if attempt.host_id in state.hosts:
        state.hosts[attempt.host_id].free(attempt.id, attempt.reserved)
    held = state.instances.get(attempt.instance_id or "")
    if held is not None and attempt.id in held.attempts:
        held.attempts.discard(attempt.id)
        held.idle_since = envelope.time if not held.attempts else None


def _fleet_created(state: Cell, e: fleet.FleetCreated, envelope: Envelope) -> None:
    state.fleets[e.fleet_id] = state.live_fleets[e.fleet_id] = fleets.created(e, envelope.time)
    state.names[streams.fleet_name(e.project_id, e.name)] = e.fleet_id


def _fleet_changed(state: Cell, e: Any, _: Envelope) -> None:
    known = fleets.evolve(state.fleets[e.fleet_id], e)
    if known.deleted:
        state.live_fleets.pop(known.id, None)
        free_name(state, streams.fleet_name(known.project_id, known.name), known.id)


def _executor_joined(state: Cell, e: instance.ExecutorJoined, envelope: Envelope) -> None:
    state.hosts[e.host_id] = instances.joined(state.hosts.get(e.host_id), e, envelope.time)


def _instance_requested(state: Cell, e: instance.InstanceRequested, envelope: Envelope) -> None:
    made = state.instances[e.instance_id] = instances.requested(e, envelope.time)
    owner = state.fleets[e.fleet_id]
    owner.instances.append(made)
    owner.nums = max(owner.nums, e.num + 1)


def _instance_changed(state: Cell, e: Any, envelope: Envelope) -> None:
    known = instances.evolve(state.instances[e.instance_id], e, envelope.time)
    owner, under = state.fleets[known.fleet_id], state.hosts.get(known.host_id or "")
    if known.ended_at is not None:
        if known in owner.instances:
            owner.instances.remove(known)
        if under is not None:
            under.instances.pop(known.id, None)
    elif under is not None:
        under.instances[known.id] = known


def _parking_changed(state: Cell, e: Any, envelope: Envelope) -> None:
    known = parked.evolve(state.parked.get(e.parked_id), e, envelope.time)
    if known is None:
        state.parked.pop(e.parked_id, None)
    else:
        state.parked[known.id] = known


def _know_attempt(state: Cell, job_id: str, attempt: Attempt) -> None:
    state.attempts[attempt.id] = attempt
    state.jobs_by_attempt[attempt.id] = state.jobs[job_id]


_HANDLERS: dict[type[Any], Callable[[Cell, Any, Envelope], None]] = {
    Unknown: _unknown,
    cell.CellFounded: _cell_founded,
    cell.TermBegan: _term_began,
    user.UserCreated: _user_created,
    user.UserUpdated: _user_changed,
    user.UserDeleted: _user_changed,
    user.SshKeyReplaced: _user_changed,
    user.PublicKeyAdded: _user_changed,
    user.PublicKeyDeleted: _user_changed,
    user.TokenIssued: _token_issued,
    user.TokenRevoked: _token_revoked,
    user.GrantGiven: _grant_given,
    user.GrantRevoked: _grant_revoked,
    project.ProjectCreated: _project_created,
    project.ProjectUpdated: _project_updated,
    project.ProjectDeleted: _project_deleted,
    project.SecretStored: _secret_stored,
    project.SecretDeleted: _secret_deleted,
    project.RepoInitialized: _repo_initialized,
    project.RepoDeleted: _repo_deleted,
    run.RunSubmitted: _run_submitted,
    run.RunUpdated: _run_changed,
    run.RunStopRequested: _run_changed,
    run.RunFinished: _run_finished,
    run.RunDeleted: _run_deleted,
    job.JobSubmitted: _job_submitted,
    job.JobPlaced: _job_placed,
    job.AttemptClaimed: _job_changed,
    job.AttemptPulling: _job_changed,
    job.AttemptStarted: _job_changed,
    job.AttemptRefused: _attempt_ended,
    job.AttemptExited: _attempt_ended,
    job.AttemptLost: _attempt_ended,
    job.OutputClosed: _job_changed,
    job.JobStopping: _job_changed,
    job.JobRetryScheduled: _attempt_ended,
    job.JobResubmitted: _job_resubmitted,
    job.JobFinished: _attempt_ended,
    fleet.FleetCreated: _fleet_created,
    fleet.FleetUpdated: _fleet_changed,
    fleet.FleetDeletionRequested: _fleet_changed,
    fleet.FleetDeleted: _fleet_changed,
    instance.ExecutorJoined: _executor_joined,
    instance.InstanceRequested: _instance_requested,
    instance.InstanceProvisioned: _instance_changed,
    instance.InstanceEnding: _instance_changed,
    instance.InstanceEnded: _instance_changed,
    instance.InstanceSilent: _instance_changed,
    instance.InstanceReturned: _instance_changed,
    parking.EventParked: _parking_changed,
    parking.ParkedRetryRequested: _parking_changed,
    parking.ParkedHandled: _parking_changed,
    parking.ParkedDropped: _parking_changed,
}
