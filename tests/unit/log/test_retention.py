"""What expires by setting goes in time and in small steps; a store that is away is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from runfold.contracts.executor import OutputChunk
from runfold.contracts.metrics import Sample
from runfold.domain.project.state import Project
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.metrics_memory import MemoryMetricsStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.port import Unavailable
from runfold.eventlog.writer import Writer
from runfold.log.retention import FOR_EVER, PASS, Kept, Retention, Rule, month_after, rules
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks
from runfold.service.vault import KeyGone, Vault, month_of
from runfold.service.view import View
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual

DAY = 86_400 * 1_000_000
MASTER = "bWFzdGVyLWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="
EPOCH = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 1_000_000


class LoopClock:
    """The wall clock of the virtual loop: EPOCH when it began."""

    def now(self) -> int:
        return EPOCH + int(asyncio.get_running_loop().time() * 1_000_000)


def applied(*given: Rule, seconds: float) -> None:
    """The rules are applied for so long."""

    async def live() -> None:
        tasks = Tasks()
        Retention(given, LoopClock(), CountingIds(), tasks).start()
        await asyncio.sleep(seconds)
        assert tasks.failed is None
        await tasks.stop()

    run_virtual(live())


def test_output_and_samples_go_once_they_are_old_enough_and_not_before() -> None:
    async def live() -> None:
        output, metrics, tasks = MemoryOutputStore(), MemoryMetricsStore(), Tasks()
        view, vault = _world()
        await output.append([OutputChunk("a", 0, EPOCH - DAY, b"old"), OutputChunk("a", 3, EPOCH, b"new")])
        await metrics.add([Sample("a", time, 1, 1, 1, 1, 1) for time in (EPOCH - DAY, EPOCH)])
        kept = Kept(output=timedelta(days=2), metrics=timedelta(days=2))
        Retention(rules(kept, view, output, metrics, vault), LoopClock(), CountingIds(), tasks).start()

        await asyncio.sleep(86_400 - 1)
        assert (await output.read_from("a", 0)).data == b"oldnew"
        assert len(await metrics.read("a")) == 2

        await asyncio.sleep(PASS + 10)
        assert (await output.read_from("a", 0)).data == b"new"
        assert [each.time for each in await metrics.read("a")] == [EPOCH]
        await tasks.stop()

    run_virtual(live())


def test_without_settings_nothing_ever_expires() -> None:
    view, vault = _world()
    assert rules(FOR_EVER, view, MemoryOutputStore(), MemoryMetricsStore(), vault) == ()


def test_a_month_s_keys_go_once_the_whole_month_is_old_enough() -> None:
    async def live() -> None:
        view, vault = _world()
        view.cell.projects["p1"] = Project(
            "p1", "main", "u1", "1", 1, created_at=EPOCH - 60 * DAY
        )  # September 21
        months = ("2026-09", "2026-10", "2026-11", None)
        sealed = {month: await vault.encrypt("p1", "hunter2", month=month) for month in months}
        kept, tasks = Kept(keys=timedelta(days=30)), Tasks()
        given = rules(kept, view, MemoryOutputStore(), None, vault)
        Retention(given, LoopClock(), CountingIds(), tasks).start()

        async def readable() -> list[str | None]:
            found: list[str | None] = []
            for month in months:
                with suppress(KeyGone):
                    await vault.decrypt(sealed[month])
                    found.append(month)
            return found

        await asyncio.sleep(60)
        assert await readable() == ["2026-10", "2026-11", None]
        await asyncio.sleep(11 * 86_400 - 120)  # until shortly before October's end is thirty days ago
        assert await readable() == ["2026-10", "2026-11", None]
        await asyncio.sleep(PASS + 120)
        assert await readable() == ["2026-11", None]
        await tasks.stop()

    run_virtual(live())


def test_a_store_that_is_away_is_tried_again_less_and_less_often() -> None:
    tried: list[float] = []

    async def step(_: int) -> int | None:
        tried.append(asyncio.get_running_loop().time())
        if tried[-1] < 100:
            raise Unavailable("away")
        return None

    applied(Rule("output", timedelta(days=1), step), seconds=200)
    pauses = [after - before for before, after in pairwise(tried)]
    assert len(tried) < 15
    assert pauses[-1] > 10 * pauses[0]
    assert tried[-1] < 200


def test_a_rule_that_fails_is_told_and_keeps_neither_the_others_nor_itself_from_the_next_look() -> None:
    steps: list[str] = []

    def failing(kind: str, error: Exception | None) -> Callable[[int], Awaitable[int | None]]:
        async def step(_: int) -> int | None:
            steps.append(kind)
            if error is not None:
                raise error
            return None

        return step

    failures = METRICS.counter("runfold_retention_failures_total", "").values
    before = failures.get((("kind", "bad"),), 0)
    bad = Rule("bad", timedelta(days=1), failing("bad", ValueError("a fault of ours")))
    good = Rule("good", timedelta(days=1), failing("good", None))
    applied(bad, good, seconds=PASS + 1)
    assert steps[:4] == ["bad", "good", "bad", "good"]
    assert failures[(("kind", "bad"),)] - before >= 2


def test_others_get_the_store_between_two_steps() -> None:
    at: list[float] = []

    async def step(_: int) -> int | None:
        at.append(asyncio.get_running_loop().time())
        return 1 if len(at) < 5 else None

    applied(Rule("output", timedelta(days=1), step), seconds=10)
    assert len(at) == 5
    assert all(after > before for before, after in pairwise(at))


def test_the_month_after_december_is_january() -> None:
    assert [month_after("2026-11"), month_after("2026-12")] == ["2026-12", "2027-01"]
    assert month_of(EPOCH) == "2026-11"


def _world() -> tuple[View, Vault]:
    clock, ids = LoopClock(), CountingIds()
    return View(Writer(MemoryStore(), clock=clock, ids=ids, sole=True)), Vault(
        MemoryKeyStore(), MASTER, ids=ids
    )
