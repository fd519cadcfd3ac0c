"""The intake: one durable append for many chunks, acknowledged after it, and nothing lost while the store is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import Message
from runfold.bus.topology import OUTPUT, Exchange, dead_letters
from runfold.contracts.executor import OutputChunk
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.output import CHUNK_BYTES
from runfold.log.output.chunks import MOST
from runfold.log.output.intake import Intake
from runfold.service.system import SystemIds


class WatchedStore(MemoryOutputStore):
    """Tells how many chunks came in each append, fails as told, and appends only while `open` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.appends: list[int] = []
        self.poison: bytes | None = None
        self.refused = asyncio.Event()
        self.asked, self.open = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        self.asked.set()
        await self.open.wait()
        if any(chunk.data == self.poison for chunk in chunks):
            raise ValueError("no such chunk can be stored")
        if self.refusing:
            self.refused.set()
        self.appends.append(len(chunks))
        return await super().append(chunks)


class World:
    def __init__(self) -> None:
        self.bus, self.store = InProcessBus(grace=0.01), WatchedStore()
        self.told: list[tuple[str, int]] = []
        self.intake = Intake(
            self.store, self.bus, on_stored=lambda *told: self.told.append(told), ids=SystemIds()
        )

    async def send(self, begin: int, data: bytes, **headers: str | int) -> None:
        message = Message(data, {"attempt_id": "a", "offset": begin, "time": 5, **headers})
        await self.bus.publish(Exchange.OUTPUT, OUTPUT.key, message, mandatory=True)

    async def output(self) -> bytes:
        return (await self.store.read_from("a", 0)).data

    async def until_stored(self, length: int) -> None:
        await asyncio.wait_for(self.store.read_from("a", length - 1, wait=60), 60)

    async def until_dead(self) -> None:
        """A dead letter, which is taken."""
        came = asyncio.Event()

        async def handle(_: Message) -> None:
            came.set()

        subscription = await self.bus.consume(dead_letters(OUTPUT), handle)
        await asyncio.wait_for(came.wait(), 60)
        await subscription.cancel()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.intake.start()
    yield made
    await made.intake.stop()
    await made.bus.close()


async def test_chunks_are_stored_and_told(world: World) -> None:
    await world.send(0, b"one")
    await world.until_stored(3)
    await world.send(3, b"two")
    await world.until_stored(6)
    assert await world.output() == b"onetwo"
    assert world.told == [("a", 3), ("a", 6)]


async def test_chunks_that_wait_share_one_append(world: World) -> None:
    world.store.open.clear()
    for offset in range(40):
        await world.send(offset, b"x")
    world.store.open.set()
    await world.until_stored(40)
    assert len(world.store.appends) <= 2
    assert sum(world.store.appends) == 40


async def test_what_is_sent_again_is_acknowledged_and_not_told_again(world: World) -> None:
    await world.send(0, b"one")
    await world.until_stored(3)
    await world.send(0, b"one")
    await world.send(3, b"two")
    await world.until_stored(6)
    assert world.told == [("a", 3), ("a", 6)]


async def test_nothing_is_acknowledged_before_it_is_durable(world: World) -> None:
    world.store.open.clear()
    await world.send(0, b"one")
    await world.intake.stop()
    successor = World()
    successor.bus = world.bus
    successor.intake = Intake(successor.store, world.bus, on_stored=lambda *_: None, ids=SystemIds())
    await successor.intake.start()
    await successor.until_stored(3)
    await successor.intake.stop()
    assert await successor.output() == b"one"
    assert await world.output() == b""


async def test_a_store_that_is_away_costs_no_output_and_is_told(world: World) -> None:
    world.store.refusing = True
    for offset in range(100):
        await world.send(offset, b"%d" % (offset % 10))
    await asyncio.wait_for(world.store.refused.wait(), 60)
    assert world.intake.not_ready() is not None
    world.store.refusing = False
    await world.until_stored(100)
    assert await world.output() == b"0123456789" * 10
    assert world.intake.not_ready() is None
    assert await world.bus.dead_letters.count(OUTPUT) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"attempt_id": ""},
        {"attempt_id": 7},
        {"attempt_id": "a" * 129},
        {"offset": -1},
        {"offset": "0"},
        {"offset": MOST + 1},
        {"time": -5},
        {"time": True},
    ],
)
async def test_a_malformed_chunk_is_a_dead_letter_and_disturbs_no_other(
    world: World, headers: dict[str, str | int]
) -> None:
    await world.send(0, b"bad", **headers)
    await world.send(0, b"one")
    await world.until_stored(3)
    await world.until_dead()
    assert await world.output() == b"one"


async def test_a_chunk_that_is_too_large_is_a_dead_letter(world: World) -> None:
    await world.send(0, bytes(CHUNK_BYTES + 1))
    await world.until_dead()
    assert await world.output() == b""


async def test_a_chunk_that_the_store_can_never_take_fails_alone() -> None:
    world = World()
    world.store.open.clear()
    world.store.poison = b"poison"
    await world.intake.start()
    for offset, data, attempt in ((0, b"one", "a"), (0, b"poison", "b"), (3, b"two", "a")):
        await world.send(offset, data, attempt_id=attempt)
    world.store.open.set()
    await world.until_stored(6)
    await world.intake.stop()
    assert await world.output() == b"onetwo"
    assert await world.store.stored("b") == 0


async def test_what_waits_for_the_store_is_in_hand_until_it_is_durable(world: World) -> None:
    world.store.open.clear()
    await world.send(0, b"slow")
    await asyncio.wait_for(world.store.asked.wait(), 60)
    assert world.intake.holds("a")
    assert not world.intake.holds("b")

    world.store.open.set()
    await world.until_stored(4)
    await world.intake.stop()

    assert not world.intake.holds("a")
