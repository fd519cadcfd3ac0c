"""Cursors only grow."""

from runfold.eventlog.cursors import CursorStore


async def test_a_cursor_that_was_never_put_is_zero(cursors: CursorStore) -> None:
    assert await cursors.get("events") == 0


async def test_a_cursor_is_what_was_put(cursors: CursorStore) -> None:
    await cursors.put("events", 7)
    await cursors.put("webhooks", 3)
    assert [await cursors.get(name) for name in ("events", "webhooks")] == [7, 3]


async def test_a_cursor_never_goes_back(cursors: CursorStore) -> None:
    await cursors.put("events", 7)
    await cursors.put("events", 5)
    assert await cursors.get("events") == 7
    await cursors.put("events", 8)
    assert await cursors.get("events") == 8
