"""What must hold in the end, once nothing goes wrong any more."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.topology import FACTS, OUTPUT
from runfold.domain.cell.state import Cell
from tests.simulation.machine import Machine
from tests.simulation.store import Database
from tests.simulation.supervised import Supervised
from tests.simulation.users import Users
from tests.simulation.workload import RunWish


def unsettled(cell: Cell, machines: Sequence[Machine], processes: Sequence[Supervised[Any]]) -> str | None:
    """What is still under way, or None."""
    for run in cell.runs.values():
        if run.final is None:
            return f"run {run.name} ({run.id}) is {run.status}"
    for machine in machines:
        for attempt_id in machine.engine.jobs:
            return f"{machine.name} still has {attempt_id}"
        for key in machine.journal.entries:
            if key.startswith("attempt/"):
                return f"the journal of {machine.name} still has {key}"
    for process in processes:
        if process.component is None:
            return f"{process.name} hasn't started"
        if why := process.component.not_ready():
            return f"{process.name} isn't ready: {why}"
    return None


def wrong_ends(cell: Cell, accepted: Sequence[tuple[RunWish, str]], *, lost_hosts: bool) -> Iterator[str]:
    """`lost_hosts` says that a host went down, and that a run may have failed for it."""
    for wish, run_id in accepted:
        run = cell.runs[run_id]
        if str(run.final) not in wish.ends and not lost_hosts:
            yield f"run {run.name} ({run_id}) is {run.final} for {run.reason}, not {' or '.join(wish.ends)}"
        stopped = run.gang is not None and run.gang.stop_criteria == "master-done"
        needed = run.jobs[:1] if stopped else run.jobs
        if run.final == "done" and any(job.attempt.exit_status != 0 for job in needed):
            yield f"run {run.name} ({run_id}) is done, and its job didn't exit with 0"
    for host in cell.hosts.values():
        if host.attempts or host.used_cpu:
            yield f"{host.name} holds capacity for nothing: {host.attempts}"


async def wrong_answers(cell: Cell, users: Users) -> AsyncIterator[str]:
    """Each run can be read through a gateway as it was, and is listed once, wherever it lies by now."""
    for _, run_id in users.accepted:
        shown = await users.shown(run_id)
        if shown != cell.runs[run_id]:
            yield f"run {run_id} is shown as {shown}, not {cell.runs[run_id]}"
    expected = sorted((-run.submitted_at, run.id) for run in cell.runs.values() if not run.deleted)
    newest_first = [run_id for _, run_id in expected]
    for ascending in (False, True):
        listed = await users.listed(ascending=ascending)
        if listed != (newest_first[::-1] if ascending else newest_first):
            yield f"a list has {listed}, not {newest_first}"


async def dead_letters(bus: InProcessBus) -> AsyncIterator[str]:
    """Nobody sent anything that can't be handled, so nothing may be put away as that."""
    for queue in (FACTS, OUTPUT):
        for letter in await bus.dead_letters.peek(queue, 1):
            yield f"a dead letter of {queue.name}: {letter.message.body[:300]!r}"


async def wrong_output(
    cell: Cell, database: Database, machines: Sequence[Machine], *, cut_off: bool
) -> AsyncIterator[str]:
    """Output is whole in the end, even where it came too late to be waited for.

    `cut_off` says that a host may have been so for longer than anybody waits.
    """
    printed = {id_: bytes(job.output) for machine in machines for id_, job in machine.engine.past.items()}
    for attempt in cell.attempts.values():
        if attempt.output_closed and attempt.id in printed:
            stored = (await database.output.read_from(attempt.id, 0)).data
            late = attempt.output_incomplete and (cut_off or attempt.lost)
            given_up = late and printed[attempt.id].startswith(stored)
            if stored != printed[attempt.id] and not given_up:
                yield f"output of {attempt.id} is {stored!r}, not {printed[attempt.id]!r}"
