"""Those who ask: again and again until they are answered, as people and their scripts do."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from runfold.contracts.envelope import Envelope
from runfold.contracts.run import RunFinished
from runfold.domain.errors import AlreadyExists, DomainError
from tests.simulation.chance import Chance
from tests.simulation.gateway import SimGateway
from tests.simulation.oracle import Oracle
from tests.simulation.supervised import Supervised
from tests.simulation.workload import Wish

T = TypeVar("T")

#: Seconds that a request may take, and that a user waits before the next one.
PATIENCE, PAUSE = 15.0, 0.5


class Users:
    def __init__(
        self, gateway: Supervised[SimGateway], oracle: Oracle, chance: Chance, say: Callable[[str], None]
    ) -> None:
        self._gateway, self._oracle, self._chance, self._say = gateway, oracle, chance, say
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: dict[str, asyncio.Event] = {}
        oracle.listeners.append(self._note)

    @property
    def busy(self) -> str | None:
        """Whose wish isn't granted yet, or None."""
        for task in self._tasks:
            if not task.done():
                return f"{task.get_name()} still waits"
            task.result()
        return None

    def want(self, wishes: Iterable[Wish]) -> None:
        for wish in wishes:
            self._ends[wish.command.run_id] = asyncio.Event()
            task = asyncio.create_task(
                self._grant(wish, self._chance.branch()), name=f"user of {wish.command.name}"
            )
            self._tasks.append(task)

    async def insist(self, act: Callable[[SimGateway], Awaitable[T]]) -> T:
        """Raises what the gateway refuses it for."""
        while True:
            answer = await self._gateway.ask(lambda gateway: _answer(act(gateway)), PATIENCE)
            if isinstance(answer, DomainError):
                raise answer
            if isinstance(answer, tuple):
                return answer[0]
            await asyncio.sleep(PAUSE)

    async def _grant(self, wish: Wish, chance: Chance) -> None:
        await asyncio.sleep(wish.at)
        run_id = wish.command.run_id
        await self._submit(wish)
        self._say(f"{wish.command.name} is accepted as {run_id}")
        if run_id not in self._oracle.cell.runs:
            self._oracle.violated(f"run {run_id} was accepted, and is lost")
        end = asyncio.create_task(self._ends[run_id].wait())
        for seconds, abort in ((wish.stop_after, False), (wish.abort_after, True)):
            if seconds is not None:
                await asyncio.wait([end], timeout=seconds)
                await self.insist(lambda gateway, abort=abort: gateway.stop_run(run_id, abort=abort))  # type: ignore[misc]
        await end
        if chance.happens(0.3):
            await self.insist(lambda gateway: gateway.delete_run(run_id))

    async def _submit(self, wish: Wish) -> None:
        while True:
            try:
                return await self.insist(lambda gateway: gateway.submit(wish.command))
            except AlreadyExists:
                await asyncio.sleep(PAUSE * 10)

    def _note(self, envelope: Envelope) -> None:
        if isinstance(envelope.data, RunFinished) and envelope.data.run_id in self._ends:
            self._ends[envelope.data.run_id].set()


async def _answer(work: Awaitable[T]) -> tuple[T]:
    return (await work,)
