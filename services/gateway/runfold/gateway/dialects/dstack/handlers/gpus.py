"""What could take a task, in groups."""

from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.effective import task as task_of
from runfold.gateway.dialects.dstack.job_spec import requested
from runfold.gateway.dialects.dstack.offers import offers
from runfold.gateway.dialects.dstack.placement import selection_for, usable_fleets
from runfold.gateway.dialects.dstack.requests.gpus import ListGpusRequest
from runfold.gateway.dialects.dstack.responses.cpus import cpu_groups
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused


async def list_gpus(ask: Ask[ListGpusRequest]) -> Answer:
    """Of GPUs none: no runtime gives any yet, and no host says whose its are."""
    project = ask.project(Operation.RUN)
    by = ask.body.group_by or []
    if "region" in by and "backend" not in by:
        raise Refused("Cannot group by 'region' without also grouping by 'backend'")
    task = task_of(ask.body.run_spec)
    wanted = requested(task.resources, ask.parts.settings.job_defaults)
    if wanted.gpu:
        return Answer(encoded({"gpus": [], "cpus": None}))
    fleets, selection = usable_fleets(task, project, ask.cell), selection_for(task, project, ask.cell)
    found = offers(wanted, task.resources, fleets, ask.cell, selection)
    groups = cpu_groups((o for o in found if not o["instance"]["resources"]["gpus"]), by)
    return Answer(encoded({"gpus": [], "cpus": groups[::-1] if ask.body.reverse else groups}))
