"""Finished runs that have left memory are answered for as if they hadn't."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.runs import RunPage, RunQuery, RunRow
from runfold.gateway import api
from tests.integration.gateway.world import Storage, World, a_world

T = TypeVar("T")

LIST = "/api/runs/list"


class Rows(MemoryRunStore):
    """Counts reads; `meanwhile` happens while a page or a row is on its way to the reader."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def get(self, run_id: str) -> RunRow | None:
        return await self._late(await super().get(run_id))

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        return await self._late(await super().of_attempt(attempt_id))

    async def page(self, query: RunQuery) -> RunPage:
        return await self._late(await super().page(query))

    async def _late(self, read: T) -> T:
        self.reads += 1
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        return read


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
async def world(rows: Rows) -> Any:
    async with a_world(Storage(runs=rows)) as made:
        yield made


async def finished(world: World, *names: str) -> list[str]:
    """Their ids."""
    ids = []
    for name in names:
        ids.append((await world.submit(name)).body["id"])
        await world.finish(name)
    return ids


async def get(world: World, name: str) -> bytes:
    answer = await world.call("POST", "/api/project/main/runs/get", {"run_name": name})
    assert answer.status == 200, answer.body
    return answer.body


async def listed(world: World, **asked: Any) -> list[str]:
    reply = await world.post(LIST, asked)
    assert reply.status == 200, reply.body
    return [run["run_spec"]["run_name"] for run in reply.body]


async def test_a_run_is_shown_by_name_and_by_id_with_the_bytes_that_it_had_in_memory(world: World) -> None:
    (run_id,) = await finished(world, "over")
    before = await get(world, "over")
    await world.leave_memory()
    assert not world.cell.runs

    async with a_world(world.storage, log=world.writer) as other:
        await other.leave_memory()
        assert await get(other, "over") == before
        by_id = await other.call("POST", "/api/project/main/runs/get", {"id": run_id})
    assert by_id.body == before == await get(world, "over")


async def test_what_is_in_memory_is_shown_without_a_look_at_rows(world: World, rows: Rows) -> None:
    await finished(world, "past")
    await world.leave_memory()
    await finished(world, "recent-1", "recent-2")
    await world.submit("active")

    await get(world, "recent-1")
    await get(world, "active")
    assert await listed(world, limit=3) == ["active", "recent-2", "recent-1"]
    assert await listed(world, only_active=True) == ["active"]
    assert rows.reads == 0
    assert await listed(world, limit=4) == ["active", "recent-2", "recent-1", "past"]
    assert rows.reads == 1


async def test_a_run_that_was_asked_for_is_kept_for_a_while(world: World, rows: Rows) -> None:
    await finished(world, "past")
    await world.leave_memory()
    assert await get(world, "past") == await get(world, "past")
    assert rows.reads == 1


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_go_on_from_memory_to_rows_without_gap_or_double(
    world: World, ascending: bool, limit: int
) -> None:
    """Some of each lie between each other, by the order in which they were submitted."""
    await world.submit("old-active")
    await finished(world, "past-1", "past-2")
    await world.submit("active")
    await finished(world, "past-3")
    await world.leave_memory()
    await finished(world, "recent")
    newest_first = ["recent", "past-3", "active", "past-2", "past-1", "old-active"]

    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await world.post(LIST, {"limit": limit, "ascending": ascending, **cursor})).body
        seen += [run["run_spec"]["run_name"] for run in page]
        if len(page) < limit:
            break
        cursor = {"prev_submitted_at": page[-1]["submitted_at"], "prev_run_id": page[-1]["id"]}
    assert seen == (newest_first[::-1] if ascending else newest_first)


async def test_filters_count_for_rows_as_well(world: World) -> None:
    token = await world.join("ann", "admin")
    await world.submit("by-ann", token=token)
    await world.finish("by-ann")
    await finished(world, "by-admin")
    await world.leave_memory()
    assert await listed(world, username="ann") == ["by-ann"]
    assert await listed(world, username="nobody") == []
    assert await listed(world, project_name="main") == ["by-admin", "by-ann"]
    assert await listed(world, project_name="unknown") == []
    assert await listed(world, repo_id="some") == []
    assert await listed(world, limit=1) == ["by-admin"]


async def test_others_projects_are_not_listed_from_rows(world: World) -> None:
    stranger = await world.join("stranger")
    await finished(world, "secret")
    await world.leave_memory()
    assert (await world.post(LIST, {}, token=stranger)).body == []


async def test_its_output_is_read_by_the_attempt(world: World, rows: Rows) -> None:
    await world.start_of("talker")
    attempt = await world.print("talker", b"text")
    asked = {"run_name": "talker", "job_submission_id": attempt}
    await world.finish("talker")
    before = (await world.in_main("logs/poll", asked)).body
    await world.leave_memory()
    assert (await world.in_main("logs/poll", asked)).body == before
    assert [each["message"] for each in before["logs"]] == ["dGV4dA=="]
    other = {"run_name": "other", "job_submission_id": attempt}
    assert (await world.in_main("logs/poll", other)).body["logs"] == []


async def test_its_name_is_taken_again_without_a_look_at_rows(world: World, rows: Rows) -> None:
    (first,) = await finished(world, "again")
    await world.leave_memory()
    second = await world.submit("again")
    assert second.status == 200 and second.body["id"] != first
    assert rows.reads == 0
    assert await listed(world) == ["again"]
    assert (await world.in_main("runs/get", {"id": first})).status == 400


async def test_a_stop_passes_it_over_and_a_deletion_holds_at_once(world: World, rows: Rows) -> None:
    await finished(world, "kept", "gone")
    await world.leave_memory()
    at = world.cell.position
    names = {"runs_names": ["kept", "gone"], "abort": True}
    assert (await world.in_main("runs/stop", names)).status == 200
    assert world.cell.position == at

    await get(world, "gone")
    assert (await world.in_main("runs/delete", {"runs_names": ["gone"]})).status == 200
    assert (await world.in_main("runs/get", {"run_name": "gone"})).status == 400
    assert await listed(world) == ["kept"]
    await world.leave_memory()
    assert await listed(world) == ["kept"]


async def test_a_repeated_request_is_answered_with_the_run_it_made_even_deleted(world: World) -> None:
    first = (await world.submit("once", idempotency_key="key")).body
    await world.finish("once")
    await world.leave_memory()
    again = await world.submit("once", idempotency_key="key")
    assert (again.status, again.body["id"], again.body["status"]) == (200, first["id"], "done")

    await world.in_main("runs/delete", {"runs_names": ["once"]})
    before_rows = (await world.submit("once", idempotency_key="key")).body
    await world.leave_memory()
    async with a_world(world.storage, log=world.writer) as other:
        await other.leave_memory()
        after = (await other.submit("once", idempotency_key="key")).body
    assert before_rows == after
    assert (after["id"], after["deleted"]) == (first["id"], True)


async def test_a_plan_shows_the_run_that_has_the_name(world: World) -> None:
    await finished(world, "planned")
    spec = {"run_spec": {"run_name": "planned", "configuration": {"type": "task", "commands": ["x"]}}}
    before = (await world.in_main("runs/get_plan", spec)).body["current_resource"]
    await world.leave_memory()
    assert (await world.in_main("runs/get_plan", spec)).body["current_resource"] == before is not None


async def test_a_run_that_leaves_while_rows_are_read_is_listed(world: World, rows: Rows) -> None:
    await finished(world, "past")
    await world.leave_memory()
    await finished(world, "leaving")
    rows.meanwhile = world.leave_memory
    assert await listed(world) == ["leaving", "past"]
    assert not world.cell.runs


async def test_a_run_that_is_deleted_while_its_row_is_read_is_gone(world: World, rows: Rows) -> None:
    (run_id,) = await finished(world, "past")
    await world.leave_memory()

    async def delete() -> None:
        await world.in_main("runs/delete", {"runs_names": ["past"]})
        await world.leave_memory()

    rows.meanwhile = delete
    assert (await world.in_main("runs/get", {"id": run_id})).status == 400
    assert not world.cell.deletions


async def test_a_page_is_filled_though_many_rows_are_deleted_or_in_memory_again(
    world: World, rows: Rows
) -> None:
    names = [f"run-{number}" for number in range(6)]
    await finished(world, *names)
    await world.leave_memory()
    await world.in_main("runs/delete", {"runs_names": names[2:]})
    assert await listed(world, limit=2) == ["run-1", "run-0"]
    assert rows.reads > 1


@pytest.mark.parametrize("ascending", [False, True])
async def test_a_page_reads_no_further_than_it_reaches_in_memory_which_rows_have_as_well(
    world: World, rows: Rows, ascending: bool
) -> None:
    names = [f"run-{number}" for number in range(9)]
    for name in (*names, "past"):
        await world.submit(name)
    await world.finish("past")
    await world.leave_memory()
    for name in names:
        await world.finish(name)
    await world.write_rows()
    assert list(rows.rows[1]) != list(world.cell.runs)

    newest_first = ["past", *reversed(names)]
    assert (
        await listed(world, limit=2, ascending=ascending)
        == (newest_first[::-1] if ascending else newest_first)[:2]
    )
    assert rows.reads == 1
    assert await listed(world) == newest_first


async def test_a_page_that_older_runs_in_memory_fill_reads_on_for_the_rows_before_them(
    world: World, rows: Rows
) -> None:
    await world.submit("oldest")
    await world.submit("old")
    await finished(world, "past", "deleted-1", "deleted-2")
    await world.leave_memory()
    await world.in_main("runs/delete", {"runs_names": ["deleted-1", "deleted-2"]})
    assert await listed(world, limit=2) == ["past", "old"]
    assert rows.reads == 2


@pytest.mark.parametrize("again", [True, False])
async def test_a_run_that_is_deleted_while_further_rows_are_read_is_not_listed(
    world: World, rows: Rows, again: bool
) -> None:
    """The newest row is of a deleted run, so that the page needs more than those that are read first."""
    await finished(world, "oldest", "old", "named", "deleted")
    await world.leave_memory()
    await world.in_main("runs/delete", {"runs_names": ["deleted"]})

    async def delete() -> None:
        await world.in_main("runs/delete", {"runs_names": ["named"]})
        if again:
            await world.submit("named")

    async def read_on() -> None:
        rows.meanwhile = delete

    rows.meanwhile = read_on
    assert await listed(world, limit=2) == (["named", "old"] if again else ["old", "oldest"])
    assert rows.reads == 2


async def test_no_run_is_of_a_repo_and_no_row_is_read_to_say_so(world: World, rows: Rows) -> None:
    await finished(world, "past")
    await world.leave_memory()
    assert await listed(world, repo_id="some") == []
    assert rows.reads == 0


async def test_rows_that_take_too_long_are_refused_as_late_as_any_read(
    world: World, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    await finished(world, "past")
    await world.leave_memory()
    attempt = next(iter(rows.rows[1].values())).attempts[0]
    monkeypatch.setattr(api, "READ_PATIENCE", 0.05)

    async def hang() -> None:
        await asyncio.Event().wait()

    for path, body in (
        ("/api/project/main/runs/get", {"run_name": "past"}),
        (LIST, {}),
        ("/api/project/main/logs/poll", {"run_name": "past", "job_submission_id": attempt}),
    ):
        rows.meanwhile = hang
        async with asyncio.timeout(5):
            answer = await world.call("POST", path, body)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    await get(world, "past")


async def test_without_rows_what_needs_them_is_refused_and_all_else_goes_on(world: World, rows: Rows) -> None:
    await finished(world, "past")
    await world.leave_memory()
    await world.submit("active")
    rows.refusing = True
    for path, body in (
        ("/api/project/main/runs/get", {"run_name": "past"}),
        (LIST, {}),
        ("/api/project/main/logs/poll", {"run_name": "past", "job_submission_id": world.storage.ids.uuid4()}),
    ):
        answer = await world.call("POST", path, body)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    await get(world, "active")
    assert await listed(world, limit=1) == ["active"]
    assert (await world.submit("past")).status == 200


async def test_rows_of_another_version_are_not_guessed_at(world: World, rows: Rows) -> None:
    (run_id,) = await finished(world, "past")
    await world.leave_memory()
    held = rows.rows[1]
    row = held[run_id]
    held[run_id] = RunRow(
        *(row.id, row.project_id, row.user_id, row.submitted_at, row.position), row.version + 1, b"?"
    )
    assert (await world.call("POST", "/api/project/main/runs/get", {"run_name": "past"})).status == 503
