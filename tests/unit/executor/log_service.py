"""A log service for an executor's tests: says what it is told to say, remembers what it hears."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from runfold.bus.port import Bus, Message
from runfold.bus.topology import FACTS, OUTPUT, Exchange
from runfold.contracts import wire
from runfold.contracts.executor import (
    Assigned,
    Assignment,
    AttemptCondition,
    AttemptsAssigned,
    AttemptsForgotten,
    AttemptsReported,
    AttemptsStopped,
    AttemptState,
    ExecutorAnnounced,
    InventoryAnswered,
    InventoryReported,
    StopOrder,
    Work,
)
from runfold.contracts.values import JobSpec, Quantities

OVER = (AttemptState.EXITED, AttemptState.REFUSED, AttemptState.LOST)


def assignment(
    attempt_id: str, script: str = "true", *, spec: JobSpec | None = None, **more: object
) -> Assignment:
    """A job that runs `script`, or is as `spec` says."""
    spec = spec or JobSpec("job", ("sh", "-c", script), requests=Quantities(cpu=100))
    return Assignment(attempt_id, f"job-{attempt_id}", "run-1", "run", "main", spec, **more)  # type: ignore[arg-type]


class LogService:
    """Level-triggered: what is placed is said again with each inventory's answer, until it is over and all is here.

    `auto` makes it forget by itself what has ended.
    """

    def __init__(self, bus: Bus, *, auto: bool = True) -> None:
        self.bus = bus
        self.position = 0
        self.auto = auto
        self.answering = True
        self.host_id = ""
        self.announced: list[ExecutorAnnounced] = []
        self.inventories: list[InventoryReported] = []
        self.reports: list[AttemptsReported] = []
        self.conditions: dict[str, AttemptCondition] = {}
        self.placed: dict[str, Assignment] = {}
        self.finished: dict[str, int] = {}  # positions
        self._output: dict[str, bytearray] = {}
        self._news = asyncio.Condition()

    async def start(self) -> None:
        await self.bus.consume(FACTS, self._fact)
        await self.bus.consume(OUTPUT, self._chunk)

    def place(self, assigned: Assignment) -> AttemptsAssigned:
        """As the scheduler would; the message is the caller's to send, or to lose."""
        self.position += 1
        self.placed[assigned.attempt_id] = assigned
        return AttemptsAssigned((Assigned(self.position, assigned),))

    async def assign(self, assigned: Assignment) -> None:
        await self.say(self.place(assigned))

    async def stop(self, attempt_id: str, grace: int | None = 5) -> None:
        self.position += 1
        order = StopOrder(attempt_id, grace)
        if attempt_id in self.placed:
            self.placed[attempt_id] = replace(self.placed[attempt_id], stop=order)
        await self.say(AttemptsStopped(self.position, (order,)))

    async def finish(self, attempt_id: str) -> None:
        self.position += 1
        self.placed.pop(attempt_id, None)
        self.finished[attempt_id] = self.position
        await self.say(AttemptsForgotten(self.position, (attempt_id,)))

    async def say(self, message: Work) -> None:
        await self.bus.publish(Exchange.WORK, self.host_id, Message(wire.encode(message)))

    def output(self, attempt_id: str) -> bytes:
        return bytes(self._output.get(attempt_id, b""))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with self._news:
            await self._news.wait_for(holds)

    async def state(self, attempt_id: str, *states: AttemptState) -> AttemptCondition:
        """Waits until the attempt is in one of these states."""
        await self.until(
            lambda: attempt_id in self.conditions and self.conditions[attempt_id].state in states
        )
        return self.conditions[attempt_id]

    async def over(self, attempt_id: str) -> AttemptCondition:
        """Waits for its end and the whole of its output."""
        await self.until(lambda: self._is_over(attempt_id))
        return self.conditions[attempt_id]

    async def _fact(self, message: Message) -> None:
        said = wire.decode(message.body)
        match said:
            case ExecutorAnnounced():
                self.announced.append(said)
                self.host_id = said.host_id
            case InventoryReported():
                self.inventories.append(said)
                for condition in said.conditions:
                    self._note(condition)
                await self._answer(said)
            case AttemptsReported():
                self.reports.append(said)
                for condition in said.conditions:
                    self._note(condition)
            case _:
                raise AssertionError(f"an executor doesn't say {said}")
        await self._settle()

    def _note(self, condition: AttemptCondition) -> None:
        known = self.conditions.get(condition.attempt_id)
        if known is None or known.state not in OVER:
            self.conditions[condition.attempt_id] = condition

    async def _answer(self, said: InventoryReported) -> None:
        if self.answering:
            forget = tuple(c.attempt_id for c in said.conditions if c.attempt_id in self.finished)
            placed = tuple(self.placed.values())
            await self.say(InventoryAnswered(self.position, said.seq, placed, forget, said.incarnation))

    async def _chunk(self, message: Message) -> None:
        attempt_id, offset = str(message.headers["attempt_id"]), int(message.headers["offset"])
        stored = self._output.setdefault(attempt_id, bytearray())
        assert offset <= len(stored), "a gap in the output"
        assert stored[offset:] == message.body[: len(stored) - offset], "other bytes at an offset than before"
        stored += message.body[len(stored) - offset :]
        await self._settle()

    async def _settle(self) -> None:
        if self.auto:
            for attempt_id in [name for name in self.placed if self._is_over(name)]:
                await self.finish(attempt_id)
        async with self._news:
            self._news.notify_all()

    def _is_over(self, attempt_id: str) -> bool:
        condition = self.conditions.get(attempt_id)
        if condition is None or condition.state not in OVER:
            return False
        return len(self._output.get(attempt_id, b"")) >= condition.output_bytes
