"""Every call by which a service changes something outside of itself: before and after each it may die."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from runfold.bus import topology

Side = Literal["before", "after"]

_EVENTLOG = "runfold.eventlog.adapters"
_BUS = "runfold.bus.adapters.rabbitmq.bus:RabbitBus"
_CONSUMER = "runfold.bus.adapters.rabbitmq.consumer:Consumer"
_CHANNEL = "aiormq.channel:Channel"
_ANSWER = "aiohttp.web_protocol:RequestHandler.finish_response"
_DEAD = "runfold.bus.adapters.rabbitmq.dead_letters:RabbitDeadLetters"
_DEAD_REMOTE = "runfold.service.adapters.dead_letters_remote:RemoteDeadLetters"
_REBUILDS_REMOTE = "runfold.service.adapters.rebuilds_remote:RemoteRebuilds"
_RUNTIMES = "runfold.executor.runtimes"
_DOCKER = "docker.api.container:ContainerApiMixin"


class Situation(StrEnum):
    """When a service makes a call."""

    WORK = "while runs come and go"
    START = "at its start"
    STOP = "when it is asked to end"


class Need(StrEnum):
    """What users do that brings it about."""

    TASK = "a task, and the stop of another"
    CONTAINER = "a task with an image, and the stop of another"
    SECRET = "the first task with a password in a project of its own"
    FLEET = "a fleet that comes, and one that goes"
    GARBAGE = "a message that nobody can read"
    REBUILD = "a task, and a rebuild of all rows by an administrator"
    BURIED = "such a message, put back and dropped by an administrator"


@dataclass(frozen=True, slots=True)
class Call:
    """One effect of one service: the port's method, and the function that this service reaches it by.

    `which` tells calls of one function apart: an exchange, a queue, a path.
    """

    service: str
    method: str
    target: str  #: module:attribute
    which: str = ""
    situation: Situation = Situation.WORK
    need: Need = Need.TASK
    most: int = 1  #: the walk kills at the first call after it looks, ..., at this one


@dataclass(frozen=True, slots=True)
class Point:
    """The process of `call.service` dies before or after its `nth` such call."""

    call: Call
    side: Side
    nth: int = 1

    def __str__(self) -> str:
        call = self.call
        which = f" {call.which}" if call.which else ""
        return f"{call.service} {self.side} {call.method}{which}" + (f" {self.nth}" if self.nth > 1 else "")


#: Which Bus.publish of an executor carries samples of what jobs use.
SAMPLES = f"{topology.Exchange.OUTPUT} {topology.METRICS.key}"


def _publishes(service: str, *exchanges: str, most: int = 1) -> Iterator[Call]:
    for exchange in exchanges:
        yield Call(service, "Bus.publish", f"{_BUS}.publish", exchange, most=most)


def _consumes(service: str, *queues: str) -> Iterator[Call]:
    for queue in queues:
        yield Call(service, "Bus.consume", f"{_BUS}.consume", queue, Situation.START)
        yield Call(service, "acknowledge", f"{_CHANNEL}.basic_ack", queue)
    yield Call(service, "Subscription.cancel", f"{_CONSUMER}.cancel", situation=Situation.STOP)
    yield Call(service, "Bus.close", f"{_BUS}.close", situation=Situation.STOP)


def _holds(service: str) -> Iterator[Call]:
    yield Call(service, "Bus.hold", f"{_BUS}.hold", situation=Situation.START)
    yield Call(service, "Bus.release", f"{_BUS}.release", situation=Situation.STOP)


def _appends(service: str, most: int) -> Iterator[Call]:
    yield Call(service, "EventLog.append", f"{_EVENTLOG}.remote:RemoteLog.append", most=most)


def _digs(service: str, letters: str) -> Iterator[Call]:
    for method in ("replay", "discard"):
        yield Call(service, f"DeadLetters.{method}", f"{letters}.{method}", need=Need.BURIED)


def _of_log() -> Iterator[Call]:
    expiring = Situation.START
    yield Call("log", "CommitStore.insert", f"{_EVENTLOG}.mongo:MongoStore.insert", most=5)
    yield Call("log", "CommitStore.insert", f"{_EVENTLOG}.mongo:MongoStore.insert", "term", Situation.START)
    yield Call("log", "CursorStore.put", f"{_EVENTLOG}.cursors_mongo:MongoCursorStore.put")
    output = f"{_EVENTLOG}.output_mongo:MongoOutputStore"
    yield Call("log", "OutputStore.append", f"{output}.append", most=2)
    yield Call("log", "OutputStore.delete_before", f"{output}.delete_before", situation=expiring)
    metrics = f"{_EVENTLOG}.metrics_mongo:MongoMetricsStore"
    yield Call("log", "MetricsStore.add", f"{metrics}.add")
    yield Call("log", "MetricsStore.delete_before", f"{metrics}.delete_before", situation=expiring)
    yield Call("log", "KeyStore.create", f"{_EVENTLOG}.keys_mongo:MongoKeyStore.create", need=Need.SECRET)
    runs = f"{_EVENTLOG}.runs_mongo:MongoRunStore"
    yield Call("log", "RunStore.write", f"{runs}.write")
    yield Call("log", "RunStore.replace", f"{runs}.replace", "checkpoint")
    yield Call("log", "RunStore.replace", f"{runs}.replace", "building", need=Need.REBUILD, most=2)
    yield Call("log", "RunStore.replace", f"{runs}.replace", "activated", need=Need.REBUILD)
    yield Call("log", "RunStore.sweep", f"{runs}.sweep", need=Need.REBUILD)
    yield Call("log", "Rebuilds.begin", "runfold.service.rebuilds:StoredRebuilds.begin", need=Need.REBUILD)
    yield from _publishes("log", topology.Exchange.COMMITS, topology.Exchange.EVENTS)
    yield from _publishes("log", topology.Exchange.WORK, most=3)
    yield from _consumes(
        "log", *(queue.name for queue in (topology.FACTS, topology.OUTPUT, topology.METRICS))
    )
    yield Call("log", "bury", f"{_DEAD}.bury", need=Need.GARBAGE)
    yield from _digs("log", _DEAD)
    yield from _holds("log")
    yield Call("log", "answer", _ANSWER, "/appends", most=2)


def _of_gateway() -> Iterator[Call]:
    yield from _appends("gateway", 2)
    yield Call(
        "gateway", "KeyStore.create", f"{_EVENTLOG}.keys_remote:RemoteKeyStore.create", need=Need.SECRET
    )
    yield Call("gateway", "Rebuilds.begin", f"{_REBUILDS_REMOTE}.begin", need=Need.REBUILD)
    yield from _consumes("gateway", "follower")
    yield from _digs("gateway", _DEAD_REMOTE)
    for path in ("/apply", "/stop"):
        yield Call("gateway", "answer", _ANSWER, path)


def _of_deciders() -> Iterator[Call]:
    for service, most in (("scheduler", 4), ("provisioner", 1)):
        yield Call(
            service,
            "EventLog.append",
            f"{_EVENTLOG}.remote:RemoteLog.append",
            need=Need.FLEET if service == "provisioner" else Need.TASK,
            most=most,
        )
        yield from _consumes(service, "follower")
        yield from _holds(service)
    local = "runfold.provisioner.backends.local:LocalBackend"
    yield Call("provisioner", "Backend.create", f"{local}.create", need=Need.FLEET)
    yield Call("provisioner", "Backend.end", f"{local}.end", need=Need.FLEET)


def _of_executor() -> Iterator[Call]:
    journal = "runfold.executor.adapters.sqlite_journal:SqliteJournal"
    yield Call("executor", "Journal.write", f"{journal}.write", most=6)
    host = "runfold.executor.adapters.linux_host:LinuxHost"
    yield Call("executor", "Host.take_identity", f"{host}.take_identity", situation=Situation.START)
    yield Call("executor", "Host.beat", f"{host}.beat", situation=Situation.START)
    for need, runtime in (
        (Need.TASK, f"{_RUNTIMES}.process.runtime:ProcessRuntime"),
        (Need.CONTAINER, f"{_RUNTIMES}.docker.runtime:DockerRuntime"),
    ):
        kind = "process" if need is Need.TASK else "docker"
        for method in ("start", "stop", "remove"):
            yield Call("executor", f"Runtime.{method}", f"{runtime}.{method}", kind, need=need)
    yield Call("executor", "posix_spawn", "os:posix_spawn")
    for method in ("create_container_from_config", "start", "kill", "remove_container"):
        yield Call("executor", f"engine.{method}", f"{_DOCKER}.{method}", need=Need.CONTAINER)
    yield from _publishes("executor", topology.Exchange.FACTS, most=4)
    yield from _publishes("executor", f"{topology.Exchange.OUTPUT} {topology.OUTPUT.key}", most=2)
    yield from _publishes("executor", SAMPLES)
    yield from _consumes("executor", "executor")


CALLS = (*_of_log(), *_of_gateway(), *_of_deciders(), *_of_executor())

POINTS: tuple[Point, ...] = tuple(
    Point(call, side, nth)
    for call in CALLS
    for nth in range(1, call.most + 1)
    for side in ("before", "after")
)
