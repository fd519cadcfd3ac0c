"""What would become of a run: its job, and what could take it."""

from typing import Any

from runfold.contracts.values import Selection
from runfold.domain import names
from runfold.domain.fleet.state import Fleet
from runfold.domain.run.state import Run
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.commands import without_secrets
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.effective import check_text, effective, merge
from runfold.gateway.dialects.dstack.handlers.runs import rendered, whole
from runfold.gateway.dialects.dstack.job_spec import job_spec
from runfold.gateway.dialects.dstack.nodes import Node, nodes
from runfold.gateway.dialects.dstack.offers import offers
from runfold.gateway.dialects.dstack.placement import selection_for, usable_fleets
from runfold.gateway.dialects.dstack.requests import runs as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded, raw
from runfold.gateway.dialects.dstack.responses.job import job_spec as shown_job_spec
from runfold.gateway.dialects.dstack.updates import changes
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
    fleets, selection = usable_fleets(task, project, ask.cell), selection_for(task, project, ask.cell)
    found: dict[int, list[dict[str, Any]]] = {}
    for node in nodes(task):
        if node.group not in found:
            found[node.group] = _offers(ask, node, name, fleets, selection)
    planned = without_secrets(spec)
    current = await whole(ask, ask.cell.run_named(project.id, name) if spec.run_name else None)
    return Answer(
        encoded(
            {
                "project_name": project.name,
                "user": ask.user.name,
                "run_spec": raw(ask.body.run_spec.model_dump_json()),
                "effective_run_spec": raw(planned.model_dump_json()),
                "job_plans": [
                    _job_plan(ask, shown_job_spec(spec, node, name), found[node.group])
                    for node in nodes(task)
                ],
                "current_resource": _current(ask, current),
                "action": "create" if changes(current, planned) is None else "update",
            }
        )
    )


def _offers(
    ask: Ask[requests.GetRunPlanRequest],
    node: Node,
    name: str,
    fleets: list[Fleet],
    selection: Selection | None,
) -> list[dict[str, Any]]:
    """Of each group once: its nodes are alike. Raises Invalid, as submitting it would."""
    wanted = job_spec(node, name, ask.parts.settings.job_defaults).requests
    found = offers(wanted, node.task.resources, fleets, ask.cell, selection)
    return found[::-1] if ask.body.reverse_offers else found


def _job_plan(
    ask: Ask[requests.GetRunPlanRequest], shown: dict[str, Any], found: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "job_spec": shown,
        "offers": found[: ask.body.max_offers or SHOWN],
        "total_offers": len(found),
        "max_price": max((offer["price"] for offer in found), default=None),
    }


def _current(ask: Ask[requests.GetRunPlanRequest], run: Run | None) -> object:
    return raw(rendered(ask, run)) if run is not None else None
