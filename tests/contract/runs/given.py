"""Rows for the suite."""

from collections.abc import Iterable

from runfold.eventlog.runs import RunQuery, RunReader, RunRow, RunStore


def row(run_id: str, submitted_at: int = 10, position: int = 1, **others: object) -> RunRow:
    whole: dict[str, object] = {
        "project_id": "p1",
        "user_id": "u1",
        "version": 1,
        "state": f"state of {run_id}".encode(),
        "attempts": (f"attempt of {run_id}",),
    }
    return RunRow(run_id, submitted_at=submitted_at, position=position, **{**whole, **others})  # type: ignore[arg-type]


async def activate(store: RunStore, *rows: RunRow) -> int:
    """A generation with these rows, in the place of the one before; its number."""
    building = (await store.generations()).wanting(version=1)
    assert await store.replace(building)
    assert building.building is not None
    number = building.building.number
    await store.write(number, rows)
    assert await store.replace(building.activated())
    return number


def query(*, limit: int = 100, projects: Iterable[str] = ("p1",), **others: object) -> RunQuery:
    return RunQuery(tuple(projects), limit, **others)  # type: ignore[arg-type]


async def listed(store: RunReader, asked: RunQuery) -> list[str]:
    return [each.id for each in (await store.page(asked)).rows]
