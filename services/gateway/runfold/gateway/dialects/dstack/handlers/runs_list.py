"""Lists of runs."""

from collections.abc import Iterator, Reversible

from runfold.domain.cell.state import Cell
from runfold.domain.project.state import Project
from runfold.domain.run.state import Run
from runfold.domain.user.authorize import Operation
from runfold.eventlog.runs import RunQuery
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.handlers.runs import rendered, told
from runfold.gateway.dialects.dstack.page import page as page_of
from runfold.gateway.dialects.dstack.requests import runs as requests
from runfold.gateway.dialects.dstack.responses.encode import listed
from runfold.gateway.dialects.dstack.responses.job import NEWEST
from runfold.gateway.dialects.dstack.responses.run import DIALECT, run_bytes
from runfold.gateway.http.call import Answer
from runfold.gateway.paging import Page, paged


async def list_runs(ask: Ask[requests.ListRunsRequest]) -> Answer:
    """Of one project, or of all that the caller may read; an unknown project has none."""
    wanted = ask.body
    page = page_of(wanted, wanted.prev_submitted_at, wanted.prev_run_id)
    projects = _projects(ask)
    runs = paged(_in_memory(ask, projects), page, time=lambda run: run.submitted_at, key=lambda run: run.id)
    if not wanted.only_active and _misses(page, runs, projects):
        runs = await _with_past(ask, page, projects)
    return Answer(listed([_run(ask, run) for run in runs]))


def _misses(page: Page, runs: list[Run], projects: list[Project]) -> bool:
    """Whether some may belong on the page that have left memory."""
    until = max((project.past_until for project in projects), default=-1)
    if until < 0 or page.limit == 0:
        return False
    return page.ascending or len(runs) < page.limit or runs[-1].submitted_at <= until


async def _with_past(ask: Ask[requests.ListRunsRequest], page: Page, projects: list[Project]) -> list[Run]:
    owner = ask.cell.user_named(ask.body.username) if ask.body.username is not None else None
    if owner is None and (ask.body.username is not None or _is_of_repo(ask.body)):
        return []
    query = RunQuery(
        projects=tuple(project.id for project in projects),
        limit=page.limit,
        user_id=owner.id if owner is not None else None,
        ascending=page.ascending,
        time=page.time,
        id=page.id,
    )
    reading = ask.parts.past.page(
        page,
        query,
        lambda: _in_memory(ask, projects),
        lambda run: run.project_id in query.projects and _is_wanted(run, ask.body, ask.cell),
    )
    return await ask.in_time(reading)


def _in_memory(ask: Ask[requests.ListRunsRequest], projects: list[Project]) -> Iterator[Run]:
    return (run for run in _candidates(ask, projects) if _is_wanted(run, ask.body, ask.cell))


def _projects(ask: Ask[requests.ListRunsRequest]) -> list[Project]:
    name = ask.body.project_name
    known = ask.cell.projects.values() if name is None else [ask.cell.project_named(name)]
    return [p for p in known if p is not None and not p.deleted and ask.may(Operation.READ, p)]


def _candidates(ask: Ask[requests.ListRunsRequest], projects: list[Project]) -> Iterator[Run]:
    """In the order of their submission, or against it."""
    runs = ask.cell.runs
    ids: Reversible[str]
    if ask.body.only_active:
        ids = sorted(
            (run_id for p in projects for run_id in ask.parts.unfinished.of(p.id)),
            key=lambda run_id: runs[run_id].submitted_at,
        )
    else:
        ids = projects[0].runs if len(projects) == 1 else runs
    readable = {p.id for p in projects}
    for run_id in ids if ask.body.ascending else reversed(ids):
        if runs[run_id].project_id in readable:
            yield runs[run_id]


def _is_wanted(run: Run, wanted: requests.ListRunsRequest, cell: Cell) -> bool:
    if run.deleted or (wanted.only_active and run.final is not None):
        return False
    if wanted.username is not None:
        owner = cell.users.get(run.user_id)
        return owner is not None and owner.name == wanted.username
    return not _is_of_repo(wanted)


def _is_of_repo(wanted: requests.ListRunsRequest) -> bool:
    """Which no run is."""
    return wanted.repo_id not in (None, "none")


def _run(ask: Ask[requests.ListRunsRequest], run: Run) -> bytes:
    jobs_too = ask.body.include_jobs
    limit = NEWEST if ask.body.job_submissions_limit is None else ask.body.job_submissions_limit
    if jobs_too and limit == NEWEST:
        return rendered(ask, run)
    return ask.parts.rendered.run(
        run.id,
        (DIALECT, jobs_too, limit),
        lambda: run_bytes(run, told(ask, run), ask.cell, ask.parts.ssh(), jobs_too=jobs_too, limit=limit),
    )
