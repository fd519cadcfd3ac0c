"""The nodes of a task, one job each; those of a distributed one are a gang."""

from collections.abc import Iterator
from dataclasses import dataclass

from runfold.contracts.values import Gang
from runfold.domain.errors import Invalid
from runfold.domain.job.nodes import rank
from runfold.domain.job.references import nodes_in
from runfold.domain.run.gang import MOST
from runfold.gateway.dialects.dstack.configuration.task import NodeGroup, TaskConfiguration


@dataclass(frozen=True, slots=True)
class Node:
    """`task` is what this node runs; `number` is its rank, from 0 to `of` - 1."""

    task: TaskConfiguration
    number: int = 0
    of: int = 1
    group: int = 0
    group_name: str = "0"
    within: int = 0  #: its number in its group

    def job_name(self, run_name: str) -> str:
        return f"{run_name}-{self.number}-0"


def nodes(task: TaskConfiguration) -> list[Node]:
    """By rank. Raises Invalid."""
    return list(_nodes(task, _groups(task)))


def gang(task: TaskConfiguration) -> Gang | None:
    """How the nodes belong together; None of a single one. Raises Invalid."""
    sizes = tuple(group.nodes for group in _groups(task))
    if sum(sizes) == 1:
        return None
    return Gang(
        sum(sizes),
        startup_order=task.startup_order or "any",
        stop_criteria=task.stop_criteria or "all-done",
        groups=sizes,
    )


def check_nodes(task: TaskConfiguration) -> None:
    """No more than a gang may have, and none named that there isn't. Raises Invalid."""
    how, commands = gang(task), [*task.commands, *(c for group in task.groups or () for c in group.commands)]
    wanted = [node for command in commands for node in nodes_in(command)]
    missing = next((node for node in wanted if rank(how, *node) is None), None)
    if missing is not None:
        raise Invalid(f"commands: there is no groups[{missing[0]}].nodes[{missing[1]}]", field="commands")


def _groups(task: TaskConfiguration) -> list[NodeGroup]:
    """A task without any is one group."""
    groups = task.groups or [NodeGroup(nodes=task.nodes or 1)]
    if sum(group.nodes for group in groups) > MOST:
        raise Invalid(f"nodes: {MOST} is the most", field="nodes")
    return groups


def _nodes(task: TaskConfiguration, groups: list[NodeGroup]) -> Iterator[Node]:
    number, of = 0, sum(group.nodes for group in groups)
    for index, group in enumerate(groups):
        own, name = _of_group(task, group) if task.groups else task, group.name or str(index)
        for within in range(group.nodes):
            yield Node(own, number, of, index, name, within)
            number += 1


def _of_group(task: TaskConfiguration, group: NodeGroup) -> TaskConfiguration:
    changes = {"commands": group.commands, "ports": group.ports, "resources": group.resources}
    return task.model_copy(update=changes)
