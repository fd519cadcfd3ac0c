"""Every exchange and queue of Runfold, in one table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Exchange(StrEnum):
    COMMITS = "runfold.commits"  #: fanout: each commit, whole, to every replica of every service
    EVENTS = "runfold.events"  #: topic, durable: each event to outsiders, key <aggregate>.<EventType>
    FACTS = "runfold.facts"  #: direct, durable: executors -> log service
    OUTPUT = "runfold.output"  #: direct, durable: executors -> log service
    WORK = "runfold.work"  #: direct: log service -> one executor, key = host id
    DEAD = "runfold.dead"  #: direct, durable: messages that failed five times, key = the queue they failed in


EXCHANGE_TYPES = {
    Exchange.COMMITS: "fanout",
    Exchange.EVENTS: "topic",
    Exchange.FACTS: "direct",
    Exchange.OUTPUT: "direct",
    Exchange.WORK: "direct",
    Exchange.DEAD: "direct",
}

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, its binding and its bounds. `exclusive` ones live as long as their connection."""

    name: str  #: "" lets the broker name it
    exchange: Exchange
    key: str = ""
    exclusive: bool = False
    quorum: bool = False
    max_bytes: int = 64 * MIB
    overflow: Literal["drop-head", "reject-publish"] = "drop-head"  #: publishers see a rejection as Refused
    prefetch: int = 64
    #: After so many failures to DEAD, under the queue's name; without it, after five, and the message is gone.
    delivery_limit: int | None = None


def follower(service: str) -> Queue:
    """A replica's feed of commits; its acknowledgements are flow control, never progress."""
    return Queue(name="", exchange=Exchange.COMMITS, key=service, exclusive=True)


def work(host_id: str) -> Queue:
    """What one executor is told; nothing durable is needed, since it is all said again at connection."""
    return Queue(name=f"executor.{host_id}", exchange=Exchange.WORK, key=host_id, exclusive=True)


FACTS = Queue(
    name="log.facts",
    exchange=Exchange.FACTS,
    key="log",
    quorum=True,
    overflow="reject-publish",
    delivery_limit=5,
)
OUTPUT = Queue(
    name="log.output",
    exchange=Exchange.OUTPUT,
    key="log",
    quorum=True,
    overflow="reject-publish",
    delivery_limit=5,
)
#: What jobs use of their hosts. Samples may be lost: the oldest go first, and none comes back as a dead letter. It is a
#: quorum queue all the same, since another can't be consumed, nor made anew, while the node that has it is away.
METRICS = Queue(name="log.metrics", exchange=Exchange.OUTPUT, key="metrics", quorum=True, max_bytes=16 * MIB)


def active(service: str) -> str:
    """The sign of the active replica of `service`: an exclusive queue that nothing is ever sent to."""
    return f"active.{service}"


def dead_letters(source: Queue) -> Queue:
    """Where the dead letters of `source` wait for someone to look at them."""
    return Queue(name=f"dead.{source.name}", exchange=Exchange.DEAD, key=source.name, quorum=True)


#: Queues whose dead letters are kept, by name.
WITH_DEAD_LETTERS = {source.name: source for source in (FACTS, OUTPUT)}
DEAD_LETTERS = tuple(dead_letters(source) for source in WITH_DEAD_LETTERS.values())
