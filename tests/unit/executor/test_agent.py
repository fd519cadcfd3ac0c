"""An executor and its log service: what is told becomes real, what becomes real is told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from runfold.bus.port import Message
from runfold.bus.topology import Exchange
from runfold.contracts.executor import AttemptState
from runfold.contracts.values import Quantities
from runfold.executor.host import IdentityTaken
from runfold.executor.inventory import EVERY
from tests.unit.executor.log_service import assignment
from tests.unit.executor.world import World, world
from tests.unit.service.virtual_time import run_virtual

EXITED, REFUSED, LOST, RUNNING = (
    AttemptState.EXITED,
    AttemptState.REFUSED,
    AttemptState.LOST,
    AttemptState.RUNNING,
)


def living(story: Callable[[World], Awaitable[None]]) -> None:
    """Tells `story` of a world with an executor, in no time."""

    async def tell() -> None:
        there = await world()
        await there.start()
        await there.log.until(lambda: bool(there.log.inventories))
        await story(there)

    run_virtual(tell())


def test_at_its_start_it_announces_its_host_and_takes_inventory() -> None:
    async def story(there: World) -> None:
        said = there.log.announced[0]
        assert (said.name, said.capacity, said.runtimes) == ("host", there.host.capacity, ("process",))
        assert said.incarnation == there.log.inventories[0].incarnation == "0000000001"

    living(story)


def test_a_job_runs_and_is_told_of_with_its_output() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "echo hello; sleep 3; exit 4"))
        condition = await there.log.over("a")
        assert (condition.state, condition.exit_status) == (EXITED, 4)
        assert condition.reason == "container_exited_with_error"
        assert condition.started_at is not None
        assert condition.exited_at == condition.started_at + 3_000_000
        assert there.log.output("a") == b"hello\n"

    living(story)


def test_every_state_on_the_way_is_told() -> None:
    async def story(there: World) -> None:
        there.engine.pulls["a"] = 5
        await there.log.assign(assignment("a", "sleep 3"))
        await there.log.over("a")
        states = [condition.state for report in there.log.reports for condition in report.conditions]
        assert list(dict.fromkeys(states)) == [AttemptState.CLAIMED, AttemptState.PULLING, RUNNING, EXITED]
        assert [report.seq for report in there.log.reports] == sorted(
            report.seq for report in there.log.reports
        )

    living(story)


def test_nothing_is_left_of_a_job_that_is_forgotten() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "echo hello"))
        await there.log.over("a")
        await there.gone("a")
        assert [key for key in there.journal.entries if key.startswith(("attempt/", "output/"))] == []

    living(story)


def test_a_job_is_stopped_and_killed_after_its_grace() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "deaf; sleep 600"))
        started = await there.log.state("a", RUNNING)
        await there.log.stop("a", grace=7)
        ended = await there.log.over("a")
        assert ended.exit_status == 137
        assert ended.exited_at is not None
        assert started.started_at is not None
        assert 7_000_000 <= ended.exited_at - started.started_at < 8_000_000

    living(story)


def test_a_job_stopped_while_its_image_is_pulled_never_runs() -> None:
    async def story(there: World) -> None:
        there.engine.pulls["a"] = 50
        await there.log.assign(assignment("a", "echo never"))
        await there.log.state("a", AttemptState.PULLING)
        await there.log.stop("a")
        ended = await there.log.over("a")
        assert (ended.state, ended.reason) == (EXITED, "terminated_by_server")
        assert there.engine.starts == {}

    living(story)


def test_what_does_not_fit_is_refused_beside_what_runs() -> None:
    async def story(there: World) -> None:
        there.host.capacity = Quantities(cpu=150)
        await there.log.assign(assignment("a", "sleep 60"))
        await there.log.state("a", RUNNING)
        await there.log.assign(assignment("b", "true"))
        refused = await there.log.state("b", REFUSED)
        assert refused.message == "cpu: 100 asked for, 50 free"

    async def tell() -> None:
        there = await world()
        there.host.capacity = Quantities(cpu=150)
        await there.start()
        await there.log.until(lambda: bool(there.log.inventories))
        await story(there)

    run_virtual(tell())


def test_a_start_that_fails_is_told_with_its_reason() -> None:
    async def story(there: World) -> None:
        there.engine.broken = "no such image"
        await there.log.assign(assignment("a"))
        failed = await there.log.over("a")
        assert (failed.state, failed.reason, failed.message) == (
            EXITED,
            "creating_container_error",
            "no such image",
        )
        assert failed.started_at is None

    living(story)


def test_an_engine_that_is_away_delays_a_job_and_loses_none() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "sleep 100; echo done"))
        await there.log.state("a", RUNNING)
        there.engine.away = True
        await there.log.assign(assignment("b", "echo b"))
        await asyncio.sleep(60)
        there.engine.away = False
        assert (await there.log.over("a")).exit_status == 0
        assert (await there.log.over("b")).exit_status == 0

    living(story)


def test_a_lost_message_only_makes_it_later() -> None:
    async def story(there: World) -> None:
        there.log.place(assignment("a", "echo a"))
        await there.log.over("a")
        assert asyncio.get_running_loop().time() <= EVERY + 1

    living(story)


def test_while_the_broker_is_away_jobs_run_on_and_are_told_of_after() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "echo one; sleep 10; echo two; exit 3"))
        await there.log.state("a", RUNNING)
        there.broker.stop()
        await asyncio.sleep(60)
        assert there.engine.jobs["a"].ended is not None
        there.broker.start()
        condition = await there.log.over("a")
        assert (condition.exit_status, there.log.output("a")) == (3, b"one\ntwo\n")
        assert there.engine.starts == {"a": 1}

    living(story)


def test_a_log_service_that_is_away_gets_everything_when_it_is_back() -> None:
    async def tell() -> None:
        there = World()
        agent = await there.start()
        await asyncio.sleep(60)
        assert agent.not_ready() == "the log service doesn't answer inventories"
        await there.log.start()
        await there.log.until(lambda: bool(there.log.inventories))
        await there.log.assign(assignment("a"))
        await there.log.over("a")
        assert agent.not_ready() is None

    run_virtual(tell())


def test_a_job_that_the_log_no_longer_wants_is_ended_and_removed() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "sleep 6000"))
        await there.log.state("a", RUNNING)
        del there.log.placed["a"]
        await there.gone("a")
        assert there.engine.starts == {"a": 1}

    living(story)


def test_with_a_full_disk_nothing_new_begins_and_all_goes_on_when_there_is_room() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "sleep 30; echo a"))
        await there.log.state("a", RUNNING)
        there.journal.refusing = True
        await there.log.assign(assignment("b", "echo b"))
        await asyncio.sleep(100)
        assert there.engine.starts == {"a": 1}
        assert there.log.conditions["a"].state is RUNNING
        there.journal.refusing = False
        assert (await there.log.over("a")).exit_status == 0
        assert (await there.log.over("b")).exit_status == 0
        assert there.engine.starts == {"a": 1, "b": 1}

    living(story)


def test_a_host_that_went_down_loses_what_ran_and_runs_it_no_second_time() -> None:
    async def story(there: World) -> None:
        await there.log.assign(assignment("a", "echo half; sleep 600"))
        await there.log.state("a", RUNNING)
        await there.crash()
        there.engine.reboot()
        await there.start()
        lost = await there.log.state("a", LOST)
        assert str(lost.message).startswith("interrupted")
        assert lost.reason is None
        assert there.engine.starts == {"a": 1}

    living(story)


def test_each_start_is_another_incarnation_of_the_same_host() -> None:
    async def story(there: World) -> None:
        await there.crash()
        await there.start()
        await there.log.until(lambda: len(there.log.announced) == 2)
        first, second = there.log.announced
        assert first.host_id == second.host_id
        assert first.incarnation < second.incarnation

    living(story)


def test_two_executors_of_one_host_do_not_run_at_once() -> None:
    async def story(there: World) -> None:
        with pytest.raises(IdentityTaken):
            there.host.take_identity(there.log.host_id)

    living(story)


def test_a_message_that_makes_no_sense_disturbs_nothing() -> None:
    async def story(there: World) -> None:
        for body in (b"\xff", b"{}", b'{"type": "ExecutorAnnounced", "data": {}}', b"[" * 10_000):
            await there.log.bus.publish(Exchange.WORK, there.log.host_id, Message(body))
        await there.log.assign(assignment("a", "echo fine"))
        assert (await there.log.over("a")).exit_status == 0

    living(story)
