"""What any store of runs promises."""

import asyncio

import pytest

from runfold.eventlog.runs import PAGE_BYTES, Generations, RowDeletion, RunStore
from tests.contract.runs.given import activate, listed, query, row


async def test_before_the_first_generation_there_is_nothing(store: RunStore) -> None:
    assert await store.generations() == Generations()
    assert await store.get("r1") is None
    assert await store.of_attempt("a1") is None
    assert await listed(store, query()) == []


async def test_a_row_is_found_by_its_id_and_by_each_of_its_attempts(store: RunStore) -> None:
    one, other = row("r1", attempts=("a1", "a2")), row("r2", state=bytes(range(256)))
    await activate(store, one, other)
    assert await store.get("r1") == await store.of_attempt("a1") == await store.of_attempt("a2") == one
    assert await store.get("r2") == other
    assert await store.get("r3") is None
    assert await store.of_attempt("r1") is None


async def test_a_row_is_written_only_if_what_stands_is_older(store: RunStore) -> None:
    number = await activate(store, row("r1", position=5, state=b"five"))
    await store.write(number, [row("r1", position=4, state=b"four"), row("r2")])
    await store.write(number, [row("r1", position=5, state=b"five again")])
    found = await store.get("r1")
    assert found is not None and found.state == b"five"
    assert await store.get("r2") == row("r2")
    newer = row("r1", position=6, state=b"six", attempts=("attempt of r1", "another"))
    await store.write(number, [newer])
    assert await store.get("r1") == await store.of_attempt("another") == newer


async def test_a_deleted_row_is_found_and_no_longer_listed(store: RunStore) -> None:
    number = await activate(store, row("r1", position=5), row("r2"))
    await store.write(number, [], [RowDeletion("r1", 9, 77), RowDeletion("unknown", 9, 77)])
    assert await store.get("r1") == row("r1", position=9, deleted_at=77)
    assert await listed(store, query()) == ["r2"]
    await store.write(number, [row("r1", position=5)], [RowDeletion("r1", 8, 66)])
    assert await store.get("r1") == row("r1", position=9, deleted_at=77)


async def test_a_run_may_be_written_as_deleted(store: RunStore) -> None:
    await activate(store, row("r1", deleted_at=3))
    assert await store.get("r1") == row("r1", deleted_at=3)
    assert await listed(store, query()) == []


ROWS = [row("c", 30), row("b", 20), row("d", 20), row("a", 20), row("e", 10)]
NEWEST_FIRST = ["c", "a", "b", "d", "e"]


async def test_a_page_is_newest_first_and_by_id_within_a_moment_or_all_of_it_backwards(
    store: RunStore,
) -> None:
    await activate(store, *ROWS)
    assert await listed(store, query()) == NEWEST_FIRST
    assert await listed(store, query(ascending=True)) == NEWEST_FIRST[::-1]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_pages_follow_each_other_without_gap_or_double(
    store: RunStore, ascending: bool, limit: int
) -> None:
    await activate(store, *ROWS)
    seen: list[str] = []
    asked = query(limit=limit, ascending=ascending)
    while True:
        page = await store.page(asked)
        seen += [each.id for each in page.rows]
        assert len(page.rows) <= limit
        if not page.more:
            break
        last = page.rows[-1]
        asked = query(limit=limit, ascending=ascending, time=last.submitted_at, id=last.id)
    assert seen == (NEWEST_FIRST[::-1] if ascending else NEWEST_FIRST)


async def test_a_time_alone_leaves_out_its_whole_moment(store: RunStore) -> None:
    await activate(store, *ROWS)
    assert await listed(store, query(time=20)) == ["e"]
    assert await listed(store, query(time=20, ascending=True)) == ["c"]


async def test_a_page_has_rows_of_the_projects_and_the_user_asked_for(store: RunStore) -> None:
    await activate(
        store,
        row("r1", 40, user_id="u2"),
        row("r2", 30, project_id="p2"),
        row("r3", 20),
        row("r4", 10, project_id="p3", user_id="u2"),
    )
    assert await listed(store, query()) == ["r1", "r3"]
    assert await listed(store, query(projects=("p3", "p1"))) == ["r1", "r3", "r4"]
    assert await listed(store, query(projects=("p3", "p1"), user_id="u2")) == ["r1", "r4"]
    assert await listed(store, query(projects=("p3", "p1"), ascending=True)) == ["r4", "r3", "r1"]
    assert await listed(store, query(projects=())) == []


async def test_a_page_ends_once_it_holds_enough_bytes(store: RunStore) -> None:
    great = b"x" * (PAGE_BYTES // 2)
    await activate(store, *(row(f"r{number}", state=great) for number in range(4)))
    page = await store.page(query())
    assert [each.id for each in page.rows] == ["r0", "r1"]
    assert page.more


async def test_of_two_who_change_generations_at_once_one_is_refused(store: RunStore) -> None:
    standing = await store.generations()
    first, second = standing.wanting(1), standing.wanting(2)
    outcomes = await asyncio.gather(store.replace(first), store.replace(second))
    assert sorted(outcomes) == [False, True]
    stands = await store.generations()
    assert stands == (first if outcomes[0] else second)
    assert not await store.replace(first)
    assert await store.replace(stands.advanced(1, "log", 5))  # type: ignore[arg-type]


async def test_what_is_written_into_another_generation_is_read_once_that_is_active(store: RunStore) -> None:
    await activate(store, row("r1"), row("old"))
    building = (await store.generations()).wanting(1)
    assert await store.replace(building)
    await store.write(2, [row("r1", state=b"rebuilt")])
    assert await store.get("r1") == row("r1")
    assert await listed(store, query()) == ["old", "r1"]
    assert await store.replace(building.activated())
    assert await store.get("r1") == row("r1", state=b"rebuilt")
    assert await store.get("old") is None
    assert await store.of_attempt("attempt of old") is None
    assert await listed(store, query()) == ["r1"]


async def test_sweeping_drops_what_no_generation_has_in_steps_and_nothing_else(store: RunStore) -> None:
    await activate(store, *(row(f"r{number:03}") for number in range(300)))
    await activate(store, row("new"))
    building = (await store.generations()).wanting(1)
    assert await store.replace(building)
    await store.write(3, [row("built")])
    steps = 0
    while await store.sweep():
        steps += 1
    assert steps >= 2
    assert await listed(store, query()) == ["new"]
    assert await store.replace(building.activated())
    assert await listed(store, query()) == ["built"]


async def test_writing_nothing_is_fine(store: RunStore) -> None:
    number = await activate(store, row("r1"))
    await store.write(number, [])
    assert await listed(store, query()) == ["r1"]
