"""Runs: submit, get, list, stop, delete."""

from typing import Any

from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound, StillActive
from runfold.domain.project.state import Project
from runfold.domain.run import decide as runs
from runfold.domain.run.state import PastRun, Run
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.commands import Submission
from runfold.gateway.dialects.dstack.requests import runs as requests
from runfold.gateway.dialects.dstack.responses.run import DIALECT, Documents, documents, run_bytes
from runfold.gateway.dialects.dstack.updates import changes
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused


async def apply(ask: Ask[requests.ApplyRunPlanRequest]) -> Answer:
    """Submits, or changes an active run in place; a finished run of the same name gives way."""
    submission = await Submission.prepare(ask, ask.body.plan.run_spec)
    seen = ask.body.plan.current_resource

    def decide(cell: Cell) -> Decision:
        project = ask.project(Operation.RUN)
        existing = cell.run_named(project.id, submission.name)
        if isinstance(existing, Run) and existing.final is None:
            return _update(submission, existing, seen, force=ask.body.force)
        return submission.decide(cell, project, existing)

    run_id = await ask.write(decide)
    if run_id == submission.run_id:
        ask.parts.rendered.lasting(run_id, DIALECT, submission.documents)
    run = await ask.in_time(ask.parts.past.run(run_id))
    if run is None:
        raise NotFound("Run not found")
    return Answer(rendered(ask, run))


async def get(ask: Ask[requests.GetRunRequest]) -> Answer:
    project = ask.project(Operation.READ)
    if ask.body.id is not None:
        run = await ask.in_time(ask.parts.past.run(str(ask.body.id)))
    elif ask.body.run_name is not None:
        run = await whole(ask, ask.cell.run_named(project.id, ask.body.run_name))
    else:
        raise Refused("run_name or id must be specified")
    if run is None or run.project_id != project.id or run.deleted:
        raise NotFound("Run not found")
    return Answer(rendered(ask, run))


async def stop(ask: Ask[requests.StopRunsRequest]) -> Answer:
    """What isn't there is passed over, and so is what is finished."""

    def decide(cell: Cell) -> Decision:
        chosen = _named(cell, ask.project(Operation.RUN), ask.body.runs_names)
        events = [e for run in chosen for e in runs.request_stop(run, ask.user_id, abort=ask.body.abort)]
        return Decision("", tuple(events), tuple(streams.run(run.id) for run in chosen))

    await ask.write(decide)
    return Answer()


async def delete(ask: Ask[requests.DeleteRunsRequest]) -> Answer:
    """All of them, or none where one is active."""

    def decide(cell: Cell) -> Decision:
        project = ask.project(Operation.RUN)
        chosen = _named(cell, project, ask.body.runs_names)
        active = [run.name for run in chosen if isinstance(run, Run) and run.final is None]
        if active:
            raise StillActive(f"Cannot delete active runs: {active}")
        names = tuple(streams.run_name(project.id, run.name) for run in chosen)
        return Decision("", tuple(e for run in chosen for e in runs.delete(run)), names)

    await ask.write(decide)
    return Answer()


async def whole(ask: Ask[Any], run: Run | PastRun | None) -> Run | None:
    """The run with its state, wherever that is."""
    return await ask.in_time(ask.parts.past.run(run.id)) if isinstance(run, PastRun) else run


def rendered(ask: Ask[Any], run: Run) -> bytes:
    """The run as `get` shows it, from the bytes kept if it hasn't changed."""
    return ask.parts.rendered.run(
        run.id, DIALECT, lambda: run_bytes(run, told(ask, run), ask.cell, ask.parts.ssh())
    )


def told(ask: Ask[Any], run: Run) -> Documents:
    """What was asked for, from what is kept of it."""
    return ask.parts.rendered.lasting(run.id, DIALECT, lambda: documents(run))


def _named(cell: Cell, project: Project, names: list[str]) -> list[Run | PastRun]:
    found = (cell.run_named(project.id, name) for name in dict.fromkeys(names))
    return [run for run in found if run is not None]


def _update(submission: Submission, existing: Run, seen: requests.SeenRun | None, *, force: bool) -> Decision:
    """Nothing where nothing differs. Raises Refused where the client saw it otherwise, or it takes another run."""
    if not force and not _is_as_seen(existing, seen):
        raise Refused("Failed to apply plan. Resource has been changed. Try again or use force apply.")
    changed = changes(existing, submission.asked)
    if changed is None:
        raise Refused("Cannot override active run. Stop the run first.")
    priority = submission.task.priority or 0
    events = runs.update(existing, submission.user_id, submission.request, priority, changed)
    return Decision(existing.id, tuple(events), (streams.run(existing.id),))


def _is_as_seen(existing: Run, seen: requests.SeenRun | None) -> bool:
    if seen is None or str(seen.id) != existing.id:
        return False
    return seen.run_spec is None or (seen.run_spec.configuration.priority or 0) == existing.priority
