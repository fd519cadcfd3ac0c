"""What users ask for: runs and fleets of all sorts, stops, deletions; and what each of them must come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.values import Gang, JobSpec, Quantities, Retry
from runfold.domain.run.decide import NewJob, SubmitRun
from tests.simulation.chance import Chance, SimIds

GIB = 1024**3
PROJECT = "project-1"
TOKEN = "s3cret"  #: the value of the project's one secret
#: Fleets that are there from the beginning to the end.
LASTING = ("fleet-1", "fleet-2")


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
    gang: Gang | None = None


#: What may be begun again elsewhere, where its host is cut off.
INTERRUPTED = Retry(("interruption",), 600)

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
    Sort("echo again; sleep 100; echo through", ("done",), retry=INTERRUPTED),
    Sort("deaf; echo deaf; sleep 80", ("done",), retry=INTERRUPTED),
    Sort("nonsense", ("failed",)),
    Sort("echo forever; sleep 100000", (), needs_stop=True),
    Sort("deaf; echo deaf; sleep 100000", (), needs_stop=True),
    Sort("deaf; sleep 100000", (), needs_stop=True, stop_duration=None),
    Sort("sleep 100000", ("failed",), max_duration=8),
    Sort("echo knowing; sleep 9", ("done",), env=(("TOKEN", "${{ secrets.TOKEN }}"),)),
    Sort("echo never", ("failed",), env=(("TOKEN", "${{ secrets.GONE }}"),)),
    Sort("echo together; sleep 6", ("done",), gang=Gang(3)),
    Sort("sleep 4; echo again; sleep 60", ("done",), retry=INTERRUPTED, gang=Gang(2)),
    Sort("echo apart; sleep 9", ("done", "failed"), cpu=3000, gang=Gang(2)),
    Sort("sleep 3; exit 9", ("failed",), gang=Gang(2)),
    Sort("sleep 2; exit 9", (), needs_stop=True, retry=Retry(("error", "interruption"), 30), gang=Gang(2)),
    Sort("echo led; sleep 5", ("done",), gang=Gang(3, "master-first", "master-done")),
    Sort("echo served; sleep 5", ("done",), gang=Gang(3, "workers-first")),
    Sort("sleep 100000", ("failed",), max_duration=8, gang=Gang(2)),
    Sort("echo never", ("failed",), cpu=3000, gang=Gang(40)),
    Sort("echo never", ("failed",), cpu=64_000),
    Sort("echo never", ("failed",), cpu=64_000, retry=Retry(("no-capacity",), 40)),
)


@dataclass(frozen=True, slots=True)
class RunWish:
    """A run that is submitted at `at` seconds; stopped, and then aborted, so many seconds later."""

    at: float
    name: str
    spec: JobSpec
    ends: tuple[str, ...]
    priority: int = 0
    fleets: tuple[str, ...] | None = None
    stop_after: float | None = None
    abort_after: float | None = None
    keyed: bool = True  #: its requests carry an Idempotency-Key
    deleted: bool = False  #: by its user, once it has ended
    gang: Gang | None = None

    def command(self, ids: SimIds) -> SubmitRun:
        """A request for it, with ids of its own as each request gets them."""
        return SubmitRun(
            run_id=ids.uuid4(),
            project_id=PROJECT,
            user_id="user-1",
            name=self.name,
            dialect="native",
            request="{}",
            jobs=tuple(
                NewJob(ids.uuid4(), ids.uuid4(), self.spec, node)
                for node in range(self.gang.nodes if self.gang else 1)
            ),
            priority=self.priority,
            fleets=self.fleets,
            gang=self.gang,
        )


@dataclass(frozen=True, slots=True)
class FleetWish:
    """A fleet that is made at `at` seconds, perhaps changed, and deleted as soon as it is empty after `until`."""

    at: float
    until: float
    command: FleetCreated
    change: FleetSpec | None


@dataclass(frozen=True, slots=True)
class Wishes:
    runs: Sequence[RunWish]
    fleets: Sequence[FleetWish]


def wishes(chance: Chance, ids: SimIds, seconds: float) -> Wishes:
    """For so many seconds. Each seed has a few sorts of runs, and they come in one burst or all the time."""
    fleets = [_fleet(chance, ids, number, seconds) for number in range(chance.number(0, 2))]
    sorts = chance.some_of(SORTS, chance.number(2, len(SORTS)))
    count = chance.number(3, 10)
    burst = chance.happens(0.4)
    begin = chance.between(0, seconds)
    passing = tuple(fleet.command.fleet_id for fleet in fleets)
    runs = []
    for _ in range(count):
        at = begin + chance.between(0, 2) if burst else chance.between(0, seconds)
        name = f"run-{chance.number(0, count)}"
        runs.append(_run(chance, at, name, chance.one_of(sorts), passing))
    return Wishes(runs, fleets)


def _run(chance: Chance, at: float, name: str, sort: Sort, passing: tuple[str, ...]) -> RunWish:
    spec = JobSpec(
        "job",
        ("sh", "-c", sort.script),
        env=dict(sort.env),
        requests=Quantities(cpu=sort.cpu, memory=GIB),
        retry=sort.retry or (INTERRUPTED if chance.happens(0.6) else None),
        max_duration=sort.max_duration,
        stop_duration=sort.stop_duration,
    )
    fleets = (chance.one_of((*LASTING, *passing)),) if chance.happens(0.3) else None
    # Where its fleet goes, so may it.
    ends = (*sort.ends, "failed") if fleets and fleets[0] in passing else sort.ends
    stop = abort = None
    if sort.needs_stop or chance.happens(0.2):
        ends = ("terminated", *ends)
        stop = chance.between(0, 20)
        abort = chance.between(0, 20) if chance.happens(0.4) or sort.stop_duration is None else None
    return RunWish(
        at,
        name,
        spec,
        ends,
        priority=chance.number(0, 2) * 10,
        fleets=fleets,
        stop_after=stop,
        abort_after=abort,
        keyed=chance.happens(0.5),
        deleted=chance.happens(0.3),
        gang=sort.gang,
    )


def _fleet(chance: Chance, ids: SimIds, number: int, seconds: float) -> FleetWish:
    at = chance.between(0, seconds / 2)
    command = FleetCreated(ids.uuid4(), f"passing-{number}", _spec(chance), PROJECT, "user-1")
    change = _spec(chance) if chance.happens(0.5) else None
    return FleetWish(at, chance.between(at, seconds), command, change)


def _spec(chance: Chance) -> FleetSpec:
    least = chance.number(0, 2)
    most = least + chance.number(0, 2) if chance.happens(0.5) else None
    idle = chance.number(1, 15) if chance.happens(0.7) else None
    target = least if most is None else chance.number(least, most)
    blocks = chance.one_of((1, 2, None))
    return FleetSpec(nodes_min=least, nodes_target=target, nodes_max=most, idle_duration=idle, blocks=blocks)
