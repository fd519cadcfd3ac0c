"""From dstack's requests to core's commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runfold.contracts.values import JobSpec, Micros, RegistryAuth
from runfold.domain import names, streams
from runfold.domain.cell.state import Cell
from runfold.domain.project.state import Project
from runfold.domain.run import decide as runs
from runfold.domain.run.schedule import next_trigger
from runfold.domain.run.state import PastRun, Run
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.effective import check_text, crons, effective, merge
from runfold.gateway.dialects.dstack.job_spec import idle, job_spec
from runfold.gateway.dialects.dstack.nodes import Node, gang, nodes
from runfold.gateway.dialects.dstack.placement import fleets_for, selection_for
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.dialects.dstack.responses.run import Documents, documents_of
from runfold.gateway.dialects.dstack.sent import files_of, repo_of
from runfold.ports import Ids
from runfold.service.vault import month_of

SECRET = "***"  #: what stands for a secret in what is kept and shown


@dataclass(frozen=True, slots=True)
class Submission:
    """A task ready to be submitted: its ids drawn, its secrets sealed, its document without them."""

    run_id: str
    user_id: str
    name: str
    asked: RunSpec  #: with its defaults, as it is kept
    task: TaskConfiguration  #: profile merged
    request: str  #: `asked` as JSON
    jobs: tuple[runs.NewJob, ...]
    schedule: tuple[str, ...]
    due: Micros | None  #: the first time that the schedule says

    @classmethod
    async def prepare(cls, ask: Ask[Any], sent: RunSpec) -> Submission:
        """Raises UnknownProject, Denied, Unsupported, Refused, Invalid."""
        project = ask.project(Operation.RUN)
        spec = effective(sent, ask.user.ssh_public_key)
        name = spec.run_name or _free_name(ask, project)
        names.check(name, names.RESOURCE)
        configuration = spec.configuration
        assert isinstance(configuration, TaskConfiguration)
        task = merge(configuration, spec)
        check_text(task)
        registry = await _sealed(ask, project, task)
        files, repo = await files_of(ask, spec), await repo_of(ask, project, spec, task)
        defaults = ask.parts.settings.job_defaults

        def make(node: Node) -> JobSpec:
            return job_spec(node, name, defaults, registry, files, repo)

        schedule = crons(task)
        ids, asked = ask.parts.ids, without_secrets(spec.model_copy(update={"run_name": name}))
        return cls(
            run_id=ids.uuid4(),
            user_id=ask.user_id,
            name=name,
            asked=asked,
            task=task,
            request=asked.model_dump_json(),
            jobs=_jobs(ask.parts.ids, nodes(task), name, make),
            schedule=schedule,
            due=next_trigger(schedule, ask.parts.clock.now()) if schedule else None,
        )

    def documents(self) -> Documents:
        """As they are shown, without reading again what was just written."""
        return documents_of(self.asked, self.request, run_name=self.name)

    def decide(self, cell: Cell, project: Project, existing: Run | PastRun | None) -> Decision:
        command = runs.SubmitRun(
            run_id=self.run_id,
            project_id=project.id,
            user_id=self.user_id,
            name=self.name,
            dialect="dstack",
            request=self.request,
            jobs=self.jobs,
            priority=self.task.priority or 0,
            fleets=fleets_for(self.task, project, cell),
            idle=idle(self.task.idle_duration),
            selection=selection_for(self.task, project, cell),
            gang=gang(self.task),
            schedule=self.schedule,
            due=self.due,
        )
        events = tuple(runs.submit(existing, command))
        return Decision(self.run_id, events, (streams.run_name(project.id, self.name),))


def _jobs(ids: Ids, of: list[Node], name: str, make: Callable[[Node], JobSpec]) -> tuple[runs.NewJob, ...]:
    """The first node of a group says it all, and the others that they are like it."""
    firsts: dict[int, str] = {}  #: group -> job id
    made = []
    for node in of:
        first, job_id = firsts.get(node.group), ids.uuid4()
        if first is None:
            firsts[node.group] = job_id
            spec = make(node)
        else:
            spec = JobSpec(node.job_name(name), ())
        made.append(runs.NewJob(job_id, ids.uuid4(), spec, job_num=node.number, like=first))
    return tuple(made)


def without_secrets(spec: RunSpec) -> RunSpec:
    """The specification as it is kept."""
    configuration = spec.configuration
    if not isinstance(configuration, TaskConfiguration) or configuration.registry_auth is None:
        return spec
    hidden = configuration.registry_auth.model_copy(update={"password": SECRET})
    return spec.model_copy(
        update={"configuration": configuration.model_copy(update={"registry_auth": hidden})}
    )


async def _sealed(ask: Ask[Any], project: Project, task: TaskConfiguration) -> RegistryAuth | None:
    if task.registry_auth is None:
        return None
    month = month_of(ask.parts.clock.now())
    password = await ask.parts.secrets.seal(project.id, task.registry_auth.password, month=month)
    return RegistryAuth(task.registry_auth.username, password)


def _free_name(ask: Ask[Any], project: Project) -> str:
    """One that nobody has. (Should somebody take it now, the append is refused like any name taken twice.)"""
    while True:
        name = names.made_up(int(ask.parts.ids.uuid4().replace("-", ""), 16))
        if ask.cell.run_named(project.id, name) is None:
            return name
