"""The executor is killed between any two of its steps, and the next one goes on: nothing starts twice or is lost."""

import pytest

from runfold.contracts.executor import AttemptState
from tests.unit.executor.log_service import assignment
from tests.unit.executor.world import World, world
from tests.unit.service.virtual_time import run_virtual

JOBS = {
    "long": ("echo one; sleep 2; echo two; sleep 2; echo three; exit 3", 3, b"one\ntwo\nthree\n"),
    "short": ("echo short", 0, b"short\n"),
    "stopped": ("echo up; sleep 6000", 143, b"up\n"),
}


async def act(there: World) -> None:
    """What the log service does; each message may reach an executor, or nobody."""
    for name, (script, _, _) in JOBS.items():
        await there.log.assign(assignment(name, script))
    await there.log.stop("stopped", grace=5)


async def run_with_a_crash(last_step: int | None) -> World:
    there = await world()
    await there.start(last_step)
    there.log.host_id = there.log.host_id or "nobody"
    await act(there)
    if last_step is not None:
        await there.life.over.wait()
        await there.crash()
        await there.start()
    for name in JOBS:
        await there.log.over(name)
        await there.gone(name)
    return there


def steps_of_a_life() -> int:
    there = run_virtual(run_with_a_crash(None))
    return there.life.steps


def judge(there: World) -> None:
    for name, (_, status, output) in JOBS.items():
        condition = there.log.conditions[name]
        assert there.engine.starts.get(name, 0) <= 1, f"{name} started twice"
        if name == "stopped" and name not in there.engine.starts:
            assert condition.reason == "terminated_by_server"
            continue
        assert condition.state is AttemptState.EXITED
        assert condition.exit_status == status
        assert there.log.output(name) == output


def test_without_a_crash_all_is_well() -> None:
    judge(run_virtual(run_with_a_crash(None)))


@pytest.mark.parametrize("tenth", range(10))
def test_killed_at_any_step_nothing_starts_twice_and_no_output_is_lost(tenth: int) -> None:
    for step in range(1 + tenth, steps_of_a_life() + 1, 10):
        there = run_virtual(run_with_a_crash(step))
        judge(there)
