"""The five services as nodes: wired as their bootstraps do, over the simulation's ports."""

from collections.abc import Callable
from dataclasses import dataclass, field

from runfold.bus.topology import follower
from runfold.contracts.values import Quantities
from runfold.eventlog import window, writer
from runfold.eventlog.adapters.cursors_memory import MemoryCursorStore
from runfold.eventlog.writer import Writer
from runfold.executor.agent import Agent, Profile
from runfold.executor.lease import Lease
from runfold.log import bootstrap as log
from runfold.log.deliveries import Deliveries
from runfold.provisioner import bootstrap as provisioner
from runfold.scheduler import bootstrap as scheduler
from runfold.service.component import Component, Part, Together
from runfold.service.forgetting import Forgetting
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.vault import Vault
from runfold.service.view import Memory, View
from tests.simulation.chance import Chance, SimClock, SimIds
from tests.simulation.gateway import SimGateway
from tests.simulation.machine import Machine, SimHost, SimJournal, SimRuntime
from tests.simulation.network import Network, SimBus
from tests.simulation.node import Node
from tests.simulation.remote import Replicas, SimLog, SimRunReader, Witnessed
from tests.simulation.store import Database, SimKeys, SimOutput, SimRuns, SimStore

#: Base64 of 32 bytes.
MASTER_KEY = "A" * 43 + "="

#: What a writer remembers, and how many seconds its appends wait for the store.
MEMORY, WRITER_PATIENCE = window.MEMORY, writer.PATIENCE

#: Seconds for which an executor may be cut off, and isn't heard until it is silent.
STOP_AFTER, SILENT_AFTER = 20, 15

Make = Callable[[Node], Component]


@dataclass(slots=True)
class Parts:
    """What nodes share because it is outside of them."""

    chance: Chance
    network: Network
    database: Database
    replicas: Replicas
    cursors: MemoryCursorStore = field(default_factory=MemoryCursorStore)
    clocks: list[SimClock] = field(default_factory=list)  #: of all that ever ran

    def ids(self) -> SimIds:
        return SimIds(self.chance.branch(), SimClock())

    def memory(self, *, rows: bool = True) -> Memory:
        """So small that runs leave it within a scenario."""
        return Memory(self.chance.number(0, 2), rows=rows)


def log_service(parts: Parts, node: Node, *, standby: bool) -> Component:
    clock, bus = _clock(parts), SimBus(node, parts.network)
    writer = _writer(parts, node, clock, address=f"sim://{node.name}")
    parts.replicas.add(node, writer, SimRuns(node, parts.database))
    view = View(writer, memory=parts.memory())
    service = _log(parts, node, writer, view, bus, clock, standby=standby)
    forgetting = Forgetting(view, writer, SimRuns(node, parts.database), parts.ids())
    return Together("log", _Closing(node, bus), forgetting, view, service)


def scheduler_service(parts: Parts, node: Node, *, standby: bool) -> Component:
    remote, bus = SimLog(node, parts.replicas), SimBus(node, parts.network)
    view = View(remote, bus=bus, queue=follower("scheduler"), memory=parts.memory(rows=False))
    service = scheduler.build(
        log=remote,
        view=view,
        bus=bus,
        clock=_clock(parts),
        ids=parts.ids(),
        stop_after=STOP_AFTER,
        standby=standby,
    )
    return Together("scheduler", _Closing(node, bus), view, service)


def provisioner_service(parts: Parts, node: Node, *, standby: bool) -> Component:
    remote, bus = SimLog(node, parts.replicas), SimBus(node, parts.network)
    view = View(remote, bus=bus, queue=follower("provisioner"), memory=parts.memory(rows=False))
    service = provisioner.build(
        log=remote, view=view, bus=bus, clock=_clock(parts), ids=parts.ids(), standby=standby
    )
    return Together("provisioner", _Closing(node, bus), view, service)


def gateway_service(parts: Parts, node: Node) -> SimGateway:
    remote, bus = SimLog(node, parts.replicas), SimBus(node, parts.network)
    view = View(remote, bus=bus, queue=follower("gateway"), memory=parts.memory())
    runs = SimRunReader(node, parts.replicas)
    before: list[Part] = [_Closing(node, bus), Forgetting(view, remote, runs, parts.ids())]
    return SimGateway(remote, view, runs, parts.ids(), before=before)


def executor_service(parts: Parts, node: Node, machine: Machine) -> Component:
    _switched_on(machine)
    bus = SimBus(node, parts.network)
    return Together("executor", _Closing(node, bus), _agent(parts, node, machine, bus))


def embedded_service(parts: Parts, node: Node, machine: Machine) -> SimGateway:
    """All five in one process, as `runfold up` has them: the broker goes with it, and nobody else writes."""
    _switched_on(machine)
    clock, ids, bus = machine.clock, parts.ids(), SimBus(node, Network(parts.chance, durable=False))
    writer = _writer(parts, node, clock)
    witnessed, view = Witnessed(node, writer, parts.replicas.on_ack), View(writer, memory=parts.memory())
    runs = SimRuns(node, parts.database)
    after = [
        _log(parts, node, writer, view, bus, clock),
        scheduler.build(log=witnessed, view=view, bus=bus, clock=clock, ids=ids),
        provisioner.build(log=witnessed, view=view, bus=bus, clock=clock, ids=ids),
        _agent(parts, node, machine, bus),
    ]
    before: list[Part] = [_Closing(node, bus), Forgetting(view, writer, runs, ids)]
    return SimGateway(witnessed, view, runs, ids, before=before, after=after)


def capacity(cpu: int) -> Quantities:
    return Quantities(cpu=cpu, memory=16 * 1024**3, disk=10**12)


def _writer(parts: Parts, node: Node, clock: SimClock, address: str | None = None) -> Writer:
    """The only one there can be, where it has no address."""
    return Writer(
        SimStore(node, parts.database),
        clock=clock,
        ids=parts.ids(),
        service_address=address,
        sole=address is None,
        patience=WRITER_PATIENCE,
        memory=MEMORY,
    )


def _log(
    parts: Parts,
    node: Node,
    writer: Writer,
    view: View,
    bus: SimBus,
    clock: SimClock,
    *,
    standby: bool = False,
) -> Component:
    ids, runs = parts.ids(), SimRuns(node, parts.database)
    return log.build(
        writer=writer,
        view=view,
        output=SimOutput(node, parts.database),
        runs=runs,
        rebuilds=StoredRebuilds(runs, writer),
        cursors=parts.cursors,
        vault=Vault(SimKeys(node, parts.database), MASTER_KEY, ids=ids),
        deliveries=Deliveries(Parcels(MASTER_KEY), lambda: None, clock),
        bus=bus,
        clock=clock,
        ids=ids,
        standby=standby,
        silent_after=SILENT_AFTER,
    )


def _agent(parts: Parts, node: Node, machine: Machine, bus: SimBus) -> Agent:
    host = SimHost(node, machine)
    lease = Lease(host)
    return Agent(
        Profile(machine.name),
        {"process": SimRuntime(node, machine, lease)},
        journal=SimJournal(node, machine),
        host=host,
        lease=lease,
        bus=bus,
        clock=machine.clock,
        ids=parts.ids(),
    )


def _clock(parts: Parts) -> SimClock:
    clock = SimClock(parts.chance.number(-200_000, 200_000))
    parts.clocks.append(clock)
    return clock


def _switched_on(machine: Machine) -> None:
    if machine.off:
        raise RuntimeError(f"{machine.name} is switched off")


class _Closing:
    """A node's connection ends with it, however it ends."""

    def __init__(self, node: Node, bus: SimBus) -> None:
        self._bus = bus
        node.on_death(bus.kill)

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        await self._bus.close()

    def not_ready(self) -> str | None:
        return None
