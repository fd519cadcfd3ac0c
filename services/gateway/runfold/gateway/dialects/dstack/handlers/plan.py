"""What would become of a run: its job, and what could take it."""

from runfold.domain import names
from runfold.domain.run.state import Run
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.commands import without_secrets
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.effective import check_text, effective, merge
from runfold.gateway.dialects.dstack.handlers.runs import rendered, whole
from runfold.gateway.dialects.dstack.job_spec import job_spec
from runfold.gateway.dialects.dstack.offers import offers
from runfold.gateway.dialects.dstack.placement import usable_fleets
from runfold.gateway.dialects.dstack.requests import runs as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded, raw
from runfold.gateway.dialects.dstack.responses.job import job_spec as shown_job_spec
from runfold.gateway.http.call import Answer

SHOWN = 50  #: offers, where the client names no number
NAMELESS = "dry-run"


async def get_plan(ask: Ask[requests.GetRunPlanRequest]) -> Answer:
    """Submits nothing. A name that isn't given is made up only when the run is submitted."""
    project = ask.project(Operation.RUN)
    spec = effective(ask.body.run_spec, ask.user.ssh_public_key)
    configuration = spec.configuration
    assert isinstance(configuration, TaskConfiguration)
    name = names.check(spec.run_name or NAMELESS, names.RESOURCE)
    task = merge(configuration, spec)
    check_text(task)
    wanted = job_spec(task, name, ask.parts.settings.job_defaults)
    found = offers(wanted.requests, task.resources, usable_fleets(task, project, ask.cell), ask.cell)
    if ask.body.reverse_offers:
        found.reverse()
    current = await whole(ask, ask.cell.run_named(project.id, name) if spec.run_name else None)
    plan = {
        "job_spec": shown_job_spec(spec, task, name),
        "offers": found[: ask.body.max_offers or SHOWN],
        "total_offers": len(found),
        "max_price": max((offer["price"] for offer in found), default=None),
    }
    return Answer(
        encoded(
            {
                "project_name": project.name,
                "user": ask.user.name,
                "run_spec": raw(ask.body.run_spec.model_dump_json()),
                "effective_run_spec": raw(without_secrets(spec).model_dump_json()),
                "job_plans": [plan],
                "current_resource": _current(ask, current),
                "action": "create",
            }
        )
    )


def _current(ask: Ask[requests.GetRunPlanRequest], run: Run | None) -> object:
    return raw(rendered(ask, run)) if run is not None else None
