"""Named properties of the domain, over generated histories, clusters and workloads."""

from typing import Any

from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from runfold.contracts import job as j
from runfold.contracts import run as r
from runfold.contracts.instance import InstanceEnded, InstanceProvisioned
from runfold.contracts.registry import Event
from runfold.contracts.values import JobSpec, Quantities, Retry
from runfold.domain.instance.blocks import taken
from runfold.domain.job.evolve import evolve, submitted
from runfold.domain.job.reasons import MEANINGS
from runfold.domain.provisioning.plan import to_create, to_end
from runfold.domain.run import decide
from runfold.domain.run import evolve as runs
from tests.unit.domain.given import After, World, flat
from tests.unit.domain.things import FOUNDED, a_gang, fleet, host
from tests.unit.domain.things import submitted as submitted_run

ATTEMPTS = ("attempt-1", "attempt-2", "attempt-3")
REASONS = [*MEANINGS, "of a later version"]
QUANTITIES = st.builds(Quantities, cpu=st.integers(0, 4000))

# Evolving: any order of any events about known ids


def of_job(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, job_id=st.just("job"), attempt_id=st.sampled_from(ATTEMPTS), **fields)


RUN = st.just("run")
REASON = st.sampled_from(REASONS)
TIME = st.integers(0, 10**6)
TEXT = st.just("message")
FINAL = st.sampled_from(["done", "failed", "terminated", "aborted"])
JOB_EVENTS: st.SearchStrategy[j.JobEvent] = st.one_of(
    of_job(j.JobSubmitted, run_id=RUN, spec=st.just(JobSpec("job", ()))),
    of_job(j.JobPlaced, run_id=RUN, instance_id=st.just("i"), host_id=st.just("h"), reserved=QUANTITIES),
    of_job(j.AttemptClaimed, claimed_at=TIME),
    of_job(j.AttemptPulling, image=TEXT),
    of_job(j.AttemptStarted, started_at=TIME, ports=st.just({})),
    of_job(j.AttemptRefused, reason=REASON, message=TEXT),
    of_job(j.AttemptExited, reason=REASON, exited_at=TIME, output_bytes=st.integers(0, 9)),
    of_job(j.AttemptLost, reason=REASON, message=TEXT),
    of_job(j.OutputClosed, stored_bytes=st.integers(0, 9), incomplete=st.booleans()),
    of_job(j.JobStopping, reason=REASON, grace=st.none() | st.integers(0, 9)),
    of_job(j.JobRetryScheduled, run_id=RUN, reason=REASON, due=TIME),
    of_job(j.JobResubmitted, run_id=RUN, excluded_instance=st.none() | st.just("i")),
    of_job(j.JobFinished, run_id=RUN, status=FINAL, reason=REASON),
)
RUN_EVENTS: st.SearchStrategy[r.RunEvent] = st.one_of(
    st.builds(r.RunStopRequested, run_id=RUN, user_id=TEXT, abort=st.booleans()),
    st.builds(
        r.RunUpdated,
        run_id=RUN,
        user_id=TEXT,
        request=TEXT,
        priority=st.integers(0, 9),
        changed=st.just(("priority",)),
    ),
    st.builds(
        r.RunFinished, run_id=RUN, status=st.sampled_from(["done", "failed", "terminated"]), reason=TEXT
    ),
    st.builds(r.RunDeleted, run_id=RUN),
)


@over(st.lists(JOB_EVENTS, max_size=30))
def test_a_job_evolves_by_any_events_in_any_order_and_its_end_stands(events: list[j.JobEvent]) -> None:
    job = submitted(j.JobSubmitted("job", "run", ATTEMPTS[0], JobSpec("job", ())), 0)
    end = None
    for at, event in enumerate(events, 1):
        evolve(job, event, at)
        assert end is None or (job.status, job.finished_at, len(job.attempts)) == end
        if job.finished_at is not None and end is None:
            end = (job.status, job.finished_at, len(job.attempts))
            assert job.status.final


@over(st.lists(JOB_EVENTS, max_size=30))
def test_what_ended_once_has_ended_and_holds_no_attempt_twice(events: list[j.JobEvent]) -> None:
    job = submitted(j.JobSubmitted("job", "run", ATTEMPTS[0], JobSpec("job", ())), 0)
    ended: dict[str, bool] = {}
    for at, event in enumerate(events, 1):
        evolve(job, event, at)
        assert len({attempt.id for attempt in job.attempts}) == len(job.attempts)
        for attempt in job.attempts:
            assert attempt.ended or not ended.get(attempt.id)
            ended[attempt.id] = attempt.ended


@over(st.lists(RUN_EVENTS, max_size=12))
def test_a_run_evolves_by_any_events_in_any_order_and_its_end_stands(events: list[r.RunEvent]) -> None:
    run = runs.submitted(r.RunSubmitted("run", "project", "user", "name", "dstack", "{}"), 0)
    end = None
    for at, event in enumerate(events, 1):
        runs.evolve(run, event, at)
        assert end is None or (run.status, run.reason) == end
        if run.final is not None:
            end = (run.status, run.reason)


# Deciding: any cluster, any workload, executors that do whatever they like

RETRIES = st.none() | st.builds(
    Retry,
    on_events=st.sets(st.sampled_from(["no-capacity", "interruption", "error"])).map(
        lambda events: tuple(sorted(events))
    ),
    duration=st.sampled_from([0, 20, 400]),
)
HOSTS = st.lists(st.integers(1, 8), min_size=0, max_size=3)
NODES = st.sampled_from([1, 1, 2, 3])
JOBS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 2), RETRIES, st.none() | st.just(30), NODES),
    min_size=1,
    max_size=6,
)
#: Milli-CPU in one of a generated cluster's units: blocks of each number of them are whole.
UNIT = 6
STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=60)


class Cluster:
    """Hosts, one fleet over them, and runs; `step` lets one thing happen, chosen by two numbers."""

    def __init__(self, hosts: list[int], jobs: list[Any], idle: int | None, blocks: int) -> None:
        self.world = World().happens(*FOUNDED, fleet(idle_duration=idle, blocks=blocks))
        self.hosts, self.jobs, self.idle, self.blocks = hosts, jobs, idle, blocks
        self.world.happens([host(f"host-{n}", Quantities(cpu=UNIT * cpu)) for n, cpu in enumerate(hosts)])
        for number, (cpu, priority, retry, limit, nodes) in enumerate(jobs):
            of: dict[str, Any] = {
                "requests": Quantities(cpu=UNIT * cpu),
                "retry": retry,
                "max_duration": limit,
            }
            of["priority"] = priority
            if nodes == 1:
                self.world.happens(submitted_run(f"run-{number}", f"job-{number}", **of))
            else:
                members = (f"job-{number}-{node}" for node in range(nodes))
                self.world.happens(a_gang(*members, run=f"run-{number}", **of))

    def step(self, what: int, which: int) -> None:
        open_ = [a for a in self.world.cell.attempts.values() if a.host_id and not a.ended]
        if what <= 2:
            self.schedule()
        elif what == 3:
            self.provision()
        elif what == 4:
            self.stop(f"run-{which % len(self.jobs)}", abort=bool(which % 2))
        elif what == 5:
            self.world.happens(After(which))
        elif open_:
            attempt = open_[which % len(open_)]
            self.attempt_does(what, attempt.id)

    def stop(self, run_id: str, *, abort: bool = False) -> None:
        if (run := self.world.cell.runs.get(run_id)) is not None:
            self.world.happens(decide.request_stop(run, "user", abort=abort))

    def attempt_does(self, what: int, attempt_id: str) -> None:
        job = self.world.cell.jobs_by_attempt[attempt_id].id
        happenings: dict[int, list[Event]] = {
            6: [j.AttemptStarted(job, attempt_id, self.world.now, {})],
            7: [j.AttemptRefused(job, attempt_id, "executor_error", "full")],
            8: [j.AttemptExited(job, attempt_id, "done_by_runner", 0, 0), j.OutputClosed(job, attempt_id, 0)],
            9: [
                j.AttemptLost(job, attempt_id, "interrupted_by_no_capacity", ""),
                j.OutputClosed(job, attempt_id, 0),
            ],
        }
        self.world.happens(happenings[what])

    def schedule(self) -> list[Event]:
        decided = flat(self.world.schedule())
        self.world.happens(decided)
        return decided

    def provision(self) -> list[Event]:
        decided = [*flat(self.world.provision())]
        for instance in to_create(self.world.cell):
            taken = {i.host_id for i in self.world.cell.fleets["fleet"].instances}
            free = [known for known in self.world.cell.hosts.values() if known.id not in taken]
            decided.append(
                InstanceProvisioned(
                    instance.id, "fleet", free[0].id, "h", free[0].capacity, "local", blocks=self.blocks
                )
                if free
                else InstanceEnded(instance.id, "no_offers")
            )
        decided += [InstanceEnded(i.id, "idle_timeout") for i in to_end(self.world.cell)]
        self.world.happens(decided)
        return decided

    def settle(self) -> None:
        """Passes until nothing is decided any more."""
        for _ in range(50):
            if not [*self.schedule(), *self.provision()]:
                return
        raise AssertionError("passes without a change go on deciding")

    def check_gangs(self) -> None:
        """Members are always in the same attempt, and placed, retried or final together."""
        for run in self.world.cell.runs.values():
            where = [
                (
                    len(job.attempts),
                    job.attempt.placed_at is None,
                    job.retry_due,
                    job.finished_at,
                )
                for job in run.jobs
            ]
            assert len(set(where)) == 1, run.id

    def check_capacity(self) -> None:
        for known in self.world.cell.hosts.values():
            held = [self.world.cell.attempts[attempt_id] for attempt_id in known.attempts]
            assert known.used_cpu == sum(attempt.reserved.cpu for attempt in held)
            assert 0 <= known.used_cpu <= known.capacity.cpu
            assert not any(attempt.ended for attempt in held)
        for each in self.world.cell.fleets["fleet"].instances:
            busy = [self.world.cell.attempts[attempt_id].reserved for attempt_id in each.attempts]
            if each.blocks > 1 and each.capacity is not None:
                assert sum(taken(amount, each.blocks, each.capacity) for amount in busy) <= each.blocks
        over_hosts = [i.host_id for i in self.world.cell.fleets["fleet"].instances if i.host_id]
        assert len(over_hosts) == len(set(over_hosts))


CLUSTERS = st.builds(Cluster, HOSTS, JOBS, st.none() | st.just(60), st.sampled_from([1, 2, 3]))


@settings(max_examples=150, deadline=None)
@over(CLUSTERS, STEPS)
def test_capacity_is_never_exceeded_gangs_are_whole_and_an_end_never_changes(
    cluster: Cluster, steps: list[Any]
) -> None:
    ends: dict[str, Any] = {}
    for step in steps:
        cluster.step(*step)
        cluster.check_capacity()
        cluster.check_gangs()
        for run in cluster.world.cell.runs.values():
            final = (run.final, run.reason, [job.status for job in run.jobs]) if run.final else None
            assert run.id not in ends or ends[run.id] == final
            if final:
                ends[run.id] = final
                assert all(job.finished_at is not None for job in run.jobs)


@settings(max_examples=150, deadline=None)
@over(CLUSTERS, STEPS)
def test_a_second_pass_without_a_change_decides_nothing(cluster: Cluster, steps: list[Any]) -> None:
    for step in steps:
        cluster.step(*step)
    cluster.settle()
    assert [*cluster.schedule(), *cluster.provision()] == []


@settings(max_examples=100, deadline=None)
@over(CLUSTERS, STEPS)
def test_a_stop_always_ends_everything_once_executors_obey(cluster: Cluster, steps: list[Any]) -> None:
    for step in steps:
        cluster.step(*step)
    for run_id in cluster.world.cell.runs:
        cluster.stop(run_id)
    cluster.settle()
    for attempt in list(cluster.world.cell.attempts.values()):
        if attempt.host_id and not attempt.ended:
            assert cluster.world.cell.jobs_by_attempt[attempt.id].stop is not None
            cluster.attempt_does(8, attempt.id)
    cluster.settle()
    assert all(run.final for run in cluster.world.cell.runs.values())
    assert all(not known.used_cpu for known in cluster.world.cell.hosts.values())


@settings(max_examples=100, deadline=None)
@over(CLUSTERS, STEPS)
def test_nothing_waits_for_ever_once_attempts_end_well(cluster: Cluster, steps: list[Any]) -> None:
    for step in steps:
        cluster.step(*step)
    cluster.world.happens(host("late", Quantities(cpu=UNIT * 9)))
    for _ in range(60):
        cluster.settle()
        if all(run.final for run in cluster.world.cell.runs.values()):
            return
        for attempt in list(cluster.world.cell.attempts.values()):
            if attempt.host_id and not attempt.ended:
                cluster.attempt_does(8, attempt.id)
        cluster.world.happens(After(30))
    raise AssertionError("a run waits for ever")


@settings(max_examples=50, deadline=None)
@over(CLUSTERS, STEPS)
def test_replaying_any_history_gives_the_same_state(cluster: Cluster, steps: list[Any]) -> None:
    for step in steps:
        cluster.step(*step)
    again = World()
    for envelope in cluster.world.history:
        again.now = envelope.time
        again.happens(envelope.data)  # type: ignore[arg-type]
    assert again.cell == cluster.world.cell
