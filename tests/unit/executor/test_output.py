"""Shipping: in order, in bounded pieces, gathered, and whole whatever the broker does."""

import asyncio
from itertools import pairwise

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import BusUnavailable, Message, Refused
from runfold.bus.topology import Exchange
from runfold.executor.adapters.memory_journal import MemoryJournal
from runfold.executor.output import CHUNK, GATHER, REMEMBER, Shipper
from runfold.executor.runtimes.memory import MemoryEngine, MemoryRuntime
from runfold.executor.runtimes.tail import Tail
from runfold.ports.backoff import Backoff
from tests.unit.executor.world import LoopClock
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual


class Printing(MemoryRuntime):
    """A job whose output the test prints."""

    def __init__(self) -> None:
        super().__init__(MemoryEngine(lambda: 0))
        self.text = bytearray()
        self.tail = Tail(lambda offset, limit: bytes(self.text[offset : offset + limit]))

    def print(self, text: bytes) -> None:
        self.text += text
        self.tail.grew()

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        return await self.tail.read(offset, limit)


class Listening(InProcessBus):
    """Takes chunks, or raises what it's told to."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[tuple[float, int, bytes]] = []
        self.error: Exception | None = None
        self.tries = 0

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        self.tries += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        now = asyncio.get_running_loop().time()
        self.chunks.append((now, int(message.headers["offset"]), message.body))

    @property
    def text(self) -> bytes:
        whole = bytearray()
        for _, offset, body in self.chunks:
            assert offset <= len(whole)
            whole[offset:] = body
        return bytes(whole)


class Scene:
    def __init__(self) -> None:
        self.job, self.bus, self.journal = Printing(), Listening(), MemoryJournal()
        self.shipper = Shipper(
            "a",
            self.job,
            bus=self.bus,
            journal=self.journal,
            clock=LoopClock(),
            backoff=Backoff(CountingIds()),
        )

    def finish(self) -> None:
        self.shipper.end()
        self.job.tail.close()


def test_a_first_piece_goes_at_once_and_small_ones_after_it_are_gathered() -> None:
    async def story() -> None:
        scene = Scene()
        shipping = asyncio.create_task(scene.shipper.ship())
        for number in range(100):
            scene.job.print(b"%02d\n" % number)
            await asyncio.sleep(0.01)
        scene.finish()
        await shipping
        assert scene.bus.text == bytes(scene.job.text)
        assert scene.bus.chunks[0][0] < 0.01
        times = [time for time, _, _ in scene.bus.chunks]
        assert all(after - before > GATHER - 1e-6 for before, after in pairwise(times[:-1]))
        assert len(times) <= 12

    run_virtual(story())


def test_much_output_goes_in_pieces_of_bounded_size_without_waiting() -> None:
    async def story() -> None:
        scene = Scene()
        scene.job.print(bytes(range(256)) * 4096 * 3)
        scene.finish()
        await scene.shipper.ship()
        assert scene.bus.text == bytes(scene.job.text)
        assert [len(body) for _, _, body in scene.bus.chunks] == [CHUNK] * 12
        assert scene.bus.chunks[-1][0] == 0

    run_virtual(story())


def test_what_the_broker_does_not_take_goes_again_until_it_does() -> None:
    async def story() -> None:
        scene = Scene()
        scene.bus.error = BusUnavailable("no broker")
        scene.job.print(b"early ")
        shipping = asyncio.create_task(scene.shipper.ship())
        await asyncio.sleep(100)
        scene.bus.error = Refused("the queue is full")
        scene.job.print(b"late")
        await asyncio.sleep(100)
        assert scene.bus.tries < 60
        scene.bus.error = None
        scene.finish()
        await shipping
        assert scene.bus.text == b"early late"

    run_virtual(story())


def test_the_end_of_a_job_hurries_the_rest_of_its_output() -> None:
    async def story() -> None:
        scene = Scene()
        shipping = asyncio.create_task(scene.shipper.ship())
        scene.job.print(b"one")
        await asyncio.sleep(0.01)
        scene.job.print(b"two")
        scene.finish()
        await shipping
        assert scene.bus.text == b"onetwo"
        assert asyncio.get_running_loop().time() < GATHER

    run_virtual(story())


def test_the_journal_learns_how_far_it_got_and_the_next_one_goes_on_there() -> None:
    async def story() -> None:
        scene = Scene()
        scene.job.print(bytes(3 * REMEMBER + 5))
        scene.finish()
        await scene.shipper.ship()
        remembered = int(scene.journal.entries["output/a"])
        assert 2 * REMEMBER <= remembered <= 3 * REMEMBER
        after = Scene()
        after.job.print(bytes(scene.job.text))
        after.finish()
        await after.shipper.ship(remembered)
        assert after.bus.chunks[0][1] == remembered

    run_virtual(story())


def test_nothing_that_a_broker_took_is_counted_on_which_ends_with_the_executor() -> None:
    async def story() -> None:
        scene = Scene()
        scene.bus.durable = False
        scene.job.print(bytes(3 * REMEMBER))
        scene.finish()
        await scene.shipper.ship()
        assert "output/a" not in scene.journal.entries

    run_virtual(story())


def test_a_full_disk_does_not_hold_output_up() -> None:
    async def story() -> None:
        scene = Scene()
        scene.journal.refusing = True
        scene.job.print(bytes(2 * REMEMBER))
        scene.finish()
        await scene.shipper.ship()
        assert len(scene.bus.text) == 2 * REMEMBER

    run_virtual(story())
