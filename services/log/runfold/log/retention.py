"""What expires by setting: job output, samples of what jobs use, keys of secrets that stand in events. Facts don't."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from runfold.contracts.values import Micros
from runfold.eventlog.metrics import MetricsStore
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import Unavailable
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff, chance
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks
from runfold.service.vault import Vault, month_of
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds between two looks at everything, shortened by up to its half.
PASS = 600.0
#: Seconds between two steps of a look, in which others have the store to themselves.
PAUSE = 0.1
#: Samples that one step drops.
SAMPLES = 1_000

_expired = METRICS.counter(
    "runfold_expired_total",
    "What was dropped when its retention was over: bytes of output, metrics samples, keys.",
)
_failures = METRICS.counter(
    "runfold_retention_failures_total", "Looks for what has expired that failed, by kind."
)

#: Drops a bounded part of what is older than the time given; how much, or None where nothing is left.
Step = Callable[[Micros], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """For how long; None is for ever."""

    output: timedelta | None = None
    metrics: timedelta | None = None
    keys: timedelta | None = None  #: counted from the end of a key's month


FOR_EVER = Kept()


@dataclass(frozen=True, slots=True)
class Rule:
    """Drop, by `step`, what is older than `age`."""

    kind: str
    age: timedelta
    step: Step


def rules(
    kept: Kept, view: View, output: OutputStore, metrics: MetricsStore | None, vault: Vault
) -> tuple[Rule, ...]:
    """Those that are set."""
    found: list[Rule] = []
    if kept.output is not None:
        found.append(Rule("output", kept.output, output.delete_before))
    if kept.metrics is not None and metrics is not None:
        found.append(Rule("metrics", kept.metrics, Samples(metrics).drop))
    if kept.keys is not None:
        found.append(Rule("keys", kept.keys, Months(view, vault).drop))
    return tuple(found)


class Retention:
    """Applies rules one after the other, now and then, in small steps. A store that is away is tried again."""

    def __init__(self, rules: Sequence[Rule], clock: Clock, ids: Ids, tasks: Tasks) -> None:
        self._rules, self._clock, self._ids, self._tasks = rules, clock, ids, tasks

    def start(self) -> None:
        if self._rules:
            self._tasks.start("retention", self._run())

    async def _run(self) -> None:
        while True:
            for rule in self._rules:
                await self._apply(rule)
            await asyncio.sleep(PASS * (1 - chance(self._ids) / 2))

    async def _apply(self, rule: Rule) -> None:
        """Until nothing is left. What fails for another reason than its store is told, and waits for the next look."""
        backoff = Backoff(self._ids, first=1.0, most=60.0)
        while True:
            before = self._clock.now() - rule.age // timedelta(microseconds=1)
            try:
                dropped = await rule.step(before)
            except Unavailable as error:
                log.warning("retention waits for its store", kind=rule.kind, error=str(error))
                await backoff.wait()
                continue
            except Exception:
                _failures.add(1, kind=rule.kind)
                log.exception("retention failed", kind=rule.kind)
                return
            if dropped is None:
                return
            backoff.reset()
            _expired.add(dropped, kind=rule.kind)
            await asyncio.sleep(PAUSE)


class Samples:
    """Samples, many at a time."""

    def __init__(self, store: MetricsStore) -> None:
        self._store = store

    async def drop(self, before: Micros) -> int | None:
        return await self._store.delete_before(before, SAMPLES) or None


class Months:
    """Keys of a project's months, one at a time. Which of them there are isn't known: deleting one twice is fine."""

    def __init__(self, view: View, vault: Vault) -> None:
        self._view, self._vault = view, vault
        self._next: dict[str, str] = {}  #: project id -> its oldest month that this process hasn't dropped

    async def drop(self, before: Micros) -> int | None:
        """A month's key once the whole of it lies before `before`."""
        last = month_of(before)
        for project in self._view.cell.projects.values():
            month = self._next.get(project.id) or month_of(project.created_at)
            if month < last:
                await self._vault.destroy(project.id, month=month)
                self._next[project.id] = month_after(month)
                return 1
        return None


def month_after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"
