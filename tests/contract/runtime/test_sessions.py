"""What every runtime promises to whoever reaches into a running job."""

import pytest

from runfold.contracts.connection import DATA, Execute
from runfold.executor.runtime import Session, Unreachable
from tests.contract.runtime.rigs import Jobs


async def said(session: Session) -> bytes:
    """All of it, to its end."""
    parts: list[bytes] = []
    while (piece := await session.read())[1]:
        parts.append(piece[1])
    return b"".join(parts)


async def test_a_command_runs_beside_the_job_and_ends_with_its_status(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "sleep 60"))
    session = await jobs.runtime.execute(attempt_id, Execute(("sh", "-c", "echo here; exit 3")))
    assert await said(session) == b"here\n"
    assert await session.exited() == 3
    await session.close()


async def test_what_is_written_to_it_is_its_input_until_that_ends(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "sleep 60"))
    session = await jobs.runtime.execute(attempt_id, Execute(("cat",)))
    await session.write(b"there and back")
    assert await session.read() == (DATA, b"there and back")
    await session.end_input()
    assert await said(session) == b""
    assert await session.exited() == 0
    await session.close()


async def test_it_ends_with_its_job(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "sleep 60"))
    session = await jobs.runtime.execute(attempt_id, Execute(("cat",)))
    await session.write(b"x")
    assert await session.read() == (DATA, b"x")
    await jobs.runtime.stop(attempt_id, 0)
    assert await said(session) == b""
    assert await session.exited() == 137
    await session.close()


async def test_nobody_gets_into_a_job_that_has_ended(jobs: Jobs, attempt_id: str) -> None:
    await jobs.run(jobs.job(attempt_id, "true"))
    with pytest.raises(Unreachable):
        await jobs.runtime.execute(attempt_id, Execute(("cat",)))
    with pytest.raises(Unreachable):
        await jobs.runtime.dial(attempt_id, 80)


async def test_nobody_gets_into_one_that_never_was(jobs: Jobs, attempt_id: str) -> None:
    with pytest.raises(Unreachable):
        await jobs.runtime.execute(attempt_id, Execute(("cat",)))


async def test_a_port_at_which_nothing_listens_answers_nobody(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "sleep 60"))
    with pytest.raises(Unreachable, match="port 0 of the job"):
        await jobs.runtime.dial(attempt_id, 0)
