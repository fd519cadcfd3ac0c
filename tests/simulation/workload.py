"""What users ask for: runs of all sorts, stops, deletions; and what each of them must come to."""

from dataclasses import dataclass

from runfold.contracts.values import JobSpec, Quantities, Retry
from runfold.domain.run.decide import NewJob, SubmitRun
from tests.simulation.chance import Chance, SimIds

GIB = 1024**3
PROJECT = "project-1"
TOKEN = "s3cret"  #: the value of the project's one secret


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that is submitted at `at` seconds; stopped, and then aborted, so many seconds later."""

    at: float
    command: SubmitRun
    stop_after: float | None = None
    abort_after: float | None = None
    ends: tuple[str, ...] = ("done", "failed", "terminated")


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of run. `ends` are the statuses it may have if nobody stops it and no host goes down."""

    script: str
    ends: tuple[str, ...]
    needs_stop: bool = False
    retry: Retry | None = None
    max_duration: int | None = None
    stop_duration: int | None = 5
    cpu: int = 1000
    env: tuple[tuple[str, str], ...] = ()


SORTS = (
    Sort("true", ("done",)),
    Sort("echo one; echo two", ("done",)),
    Sort("echo begin; sleep 1.5; echo middle; sleep 4; echo end", ("done",)),
    Sort("sleep 20; echo late", ("done",)),
    Sort("echo wide; sleep 6", ("done",), cpu=3500),
    Sort("echo wrong; exit 3", ("failed",)),
    Sort("false", (), needs_stop=True, retry=Retry(("error",), 60)),
    Sort("sleep 2; exit 9", (), needs_stop=True, retry=Retry(("error", "interruption"), 30)),
    Sort("sleep 3; exit 9", ("failed",), retry=Retry(("interruption",), 30)),
    Sort("nonsense", ("failed",)),
    Sort("echo forever; sleep 100000", (), needs_stop=True),
    Sort("deaf; echo deaf; sleep 100000", (), needs_stop=True),
    Sort("deaf; sleep 100000", (), needs_stop=True, stop_duration=None),
    Sort("sleep 100000", ("failed",), max_duration=8),
    Sort("echo knowing; sleep 9", ("done",), env=(("TOKEN", "${{ secrets.TOKEN }}"),)),
    Sort("echo never", ("failed",), env=(("TOKEN", "${{ secrets.GONE }}"),)),
    Sort("echo never", ("failed",), cpu=64_000),
    Sort("echo never", ("failed",), cpu=64_000, retry=Retry(("no-capacity",), 40)),
)


def wishes(chance: Chance, ids: SimIds, count: int, seconds: float, fleets: tuple[str, ...]) -> list[Wish]:
    """`count` runs over so many seconds. Some take a name that an earlier one had."""
    return [_wish(chance, ids, number, chance.between(0, seconds), fleets) for number in range(count)]


def _wish(chance: Chance, ids: SimIds, number: int, at: float, fleets: tuple[str, ...]) -> Wish:
    sort = chance.one_of(SORTS)
    spec = JobSpec(
        "job",
        ("sh", "-c", sort.script),
        env=dict(sort.env),
        requests=Quantities(cpu=sort.cpu, memory=GIB),
        retry=sort.retry,
        max_duration=sort.max_duration,
        stop_duration=sort.stop_duration,
    )
    command = SubmitRun(
        run_id=ids.uuid4(),
        project_id=PROJECT,
        user_id="user-1",
        name=f"run-{number}",
        dialect="native",
        request="{}",
        jobs=(NewJob(ids.uuid4(), ids.uuid4(), spec),),
        priority=chance.number(0, 2) * 10,
        fleets=(chance.one_of(fleets),) if chance.happens(0.2) else None,
    )
    if not sort.needs_stop and chance.happens(0.8):
        return Wish(at, command, ends=sort.ends)
    stop = chance.between(0, 20)
    abort = chance.between(0, 20) if chance.happens(0.4) or sort.stop_duration is None else None
    return Wish(at, command, stop, abort, ("terminated", *sort.ends))
