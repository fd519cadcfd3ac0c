"""One pass over fleets and instances: minimum sizes, idle ends, deletions; and which calls backends owe."""

from collections.abc import Callable, Container, Iterator

from runfold.contracts.fleet import FleetCreated
from runfold.contracts.instance import InstanceEvent, InstanceRequested
from runfold.contracts.values import Micros
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.fleet import decide as fleets
from runfold.domain.fleet.evolve import created
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance import decide as instances
from runfold.domain.instance.local import BACKEND, free_hosts
from runfold.domain.instance.state import Instance
from runfold.domain.parking import decide as parking

Ids = Callable[[], str]
#: Told the stream of what couldn't be decided on, and why.
Park = Callable[[str, Exception], object]

#: As what it parks fleets.
REACTOR = "provisioner"


def _not_parked(_: str, error: Exception) -> None:
    raise error


def plan(
    cell: Cell, dirty: dict[str, None], now: Micros, new_id: Ids, park: Park = _not_parked
) -> list[Decision]:
    """Decisions for the fleets in `dirty`; those that need nothing more are taken out of it.

    A fleet that can't be decided on, by a fault of ours, goes too, and is told to `park`; else the fault is raised.
    """
    decisions: list[Decision] = []
    for fleet_id in list(dirty):
        fleet = cell.fleets[fleet_id]
        try:
            decided = list(_of_fleet(cell, fleet, now, new_id))
        except Exception as error:
            park(streams.fleet(fleet_id), error)
            decided = []
        else:
            decisions += _unpark(cell, fleet) if cell.parked else []
        decisions += decided
        if not decided:
            del dirty[fleet_id]
    return decisions


def at_first(cell: Cell, command: FleetCreated, new_id: Ids) -> list[InstanceRequested]:
    """A new fleet's first instances, asked for with the fleet itself: who makes it sees at once that they come."""
    fleet = created(command, cell.time)
    requests = []
    for _ in range(min(fleet.wanted, len(free_hosts(cell, fleet)))):
        requests.append(instances.request(fleet, new_id()))
        fleet.nums += 1
    return requests


def lacks_one(cell: Cell, fleet: Fleet) -> bool:
    """Whether it is to have one more without any demand: as many as it wants; a cell fleet covers each local host."""
    if fleet.deleting or not fleet.can_grow:
        return False
    if fleet.spec.backend == BACKEND:
        pending = sum(1 for i in fleet.instances if i.host_id is None and not i.ending)
        if len(free_hosts(cell, fleet)) <= pending:
            return False
        if fleet.project_id is None:
            return True
    return len(fleet.instances) < fleet.wanted


def to_create(cell: Cell) -> list[Instance]:
    """Instances that were asked for and have no outcome yet."""
    return [
        i
        for fleet in cell.live_fleets.values()
        for i in fleet.instances
        if i.host_id is None and not i.ending
    ]


def to_end(cell: Cell) -> list[Instance]:
    """Instances that are ending and empty: their machines can go."""
    return [i for fleet in cell.live_fleets.values() for i in fleet.instances if i.ending and not i.attempts]


def next_due(cell: Cell, left_out: Container[str] = ()) -> Micros | None:
    """When the next instance has idled long enough; `left_out`: streams of fleets that can't be decided on."""
    due = [
        d
        for f in cell.live_fleets.values()
        if streams.fleet(f.id) not in left_out
        for i in f.instances
        if (d := instances.idle_deadline(f, i)) is not None
    ]
    return min(due, default=None)


def _unpark(cell: Cell, fleet: Fleet) -> list[Decision]:
    id_ = parking.parked_id(REACTOR, streams.fleet(fleet.id))
    events = parking.handled(cell.parked, id_)
    return [Decision(tuple(events), (streams.parked(id_),))] if events else []


def _of_fleet(cell: Cell, fleet: Fleet, now: Micros, new_id: Ids) -> Iterator[Decision]:
    expect = (streams.fleet(fleet.id),)
    for gone in fleets.settle_deletion(fleet):
        yield Decision((gone,), expect)
    if lacks_one(cell, fleet):
        yield Decision((instances.request(fleet, new_id()),), expect)
    for instance, events in _ends(fleet, now):
        yield Decision(tuple(events), (*expect, streams.instance(instance.id)))


def _ends(fleet: Fleet, now: Micros) -> Iterator[tuple[Instance, list[InstanceEvent]]]:
    """All of them where the fleet goes; else what nobody uses and isn't wanted, or has idled long enough."""
    if fleet.deleting:
        why = ("terminated_by_user", "fleet deleted")
        return ((each, instances.end(each, *why)) for each in fleet.instances if not each.ending)
    return ((each, instances.end(each, *why)) for each, why in _unwanted(fleet, now))


def _unwanted(fleet: Fleet, now: Micros) -> Iterator[tuple[Instance, tuple[str, str]]]:
    """Each with the reason and the message of its end. What an update made unfit or too many ends once it is idle."""
    unfit = [each for each in fleet.instances if instances.is_unfit(fleet, each)]
    yield from ((each, ("fleet_spec_mismatch", "Instance does not match fleet spec")) for each in unfit)
    gone = {each.id for each in unfit}
    staying = [each for each in fleet.instances if not each.ending and each.id not in gone]
    surplus = 0 if fleet.spec.nodes_max is None else len(staying) - fleet.spec.nodes_max
    spare = sum(1 for each in staying if each.usable) - fleet.spec.nodes_min
    for each in staying:
        deadline = instances.idle_deadline(fleet, each)
        if surplus > 0 and each.idle:
            surplus, spare = surplus - 1, spare - 1
            yield each, ("max_instances_limit", "Fleet has too many instances")
        elif deadline is not None and deadline <= now and spare > 0:
            spare -= 1
            yield each, ("idle_timeout", instances.idled(each, now))
