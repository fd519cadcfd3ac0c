"""Polling: windows of time, both directions, and cursors that stay true while output arrives."""

import pytest

from runfold.contracts.executor import OutputChunk
from runfold.eventlog.output import CHUNK_BYTES, PAGE_BYTES, InvalidCursor, OutputQuery, OutputStore
from runfold.eventlog.output_wire import decode_page, encode_length, encode_page


async def given_records(store: OutputStore, first: int, last: int) -> None:
    """Records of two bytes each, at times 10, 20, 30, ..."""
    await store.append(
        [OutputChunk("a", number * 2, (number + 1) * 10, b"%02d" % number) for number in range(first, last)]
    )


async def times(store: OutputStore, query: OutputQuery) -> tuple[list[int], str | None]:
    page = await store.poll("a", query)
    return [record.time for record in page.records], page.cursor


async def test_a_page_holds_the_oldest_first_and_says_where_to_go_on(store: OutputStore) -> None:
    await given_records(store, 0, 5)
    first, cursor = await times(store, OutputQuery(limit=2))
    second, cursor = await times(store, OutputQuery(limit=2, cursor=cursor))
    third, cursor = await times(store, OutputQuery(limit=2, cursor=cursor))
    assert first + second + third == [10, 20, 30, 40, 50]
    assert cursor is None


async def test_a_page_and_a_length_can_be_sent_on_whatever_their_size(store: OutputStore) -> None:
    now = 1_795_000_000_000_000
    await store.append([OutputChunk("a", 0, now, b"x")])
    page = await store.poll("a", OutputQuery())
    assert decode_page(encode_page(page)) == page
    assert encode_length(await store.stored("a")) == b"1"


async def test_a_page_may_hold_the_newest_first(store: OutputStore) -> None:
    await given_records(store, 0, 5)
    first, cursor = await times(store, OutputQuery(limit=3, descending=True))
    second, end = await times(store, OutputQuery(limit=3, descending=True, cursor=cursor))
    assert first + second == [50, 40, 30, 20, 10]
    assert end is None


async def test_a_page_that_ends_exactly_at_the_end_has_no_cursor(store: OutputStore) -> None:
    await given_records(store, 0, 4)
    assert await times(store, OutputQuery(limit=4)) == ([10, 20, 30, 40], None)
    assert await times(store, OutputQuery(limit=4, descending=True)) == ([40, 30, 20, 10], None)


@pytest.mark.parametrize("descending", [False, True])
async def test_the_bounds_of_time_are_exclusive(store: OutputStore, descending: bool) -> None:
    await given_records(store, 0, 5)
    found, cursor = await times(store, OutputQuery(after=10, before=50, descending=descending))
    assert sorted(found) == [20, 30, 40]
    assert cursor is None


async def test_bounds_beyond_every_time_are_no_error(store: OutputStore) -> None:
    await given_records(store, 0, 2)
    assert await times(store, OutputQuery(after=-(10**30), before=10**30)) == ([10, 20], None)
    assert await times(store, OutputQuery(after=10**30)) == ([], None)


async def test_a_window_that_ends_before_the_output_has_no_cursor_at_its_end(store: OutputStore) -> None:
    await given_records(store, 0, 5)
    assert await times(store, OutputQuery(before=30, limit=2)) == ([10, 20], None)


async def test_a_forward_cursor_finds_what_arrived_since(store: OutputStore) -> None:
    await given_records(store, 0, 3)
    _, cursor = await times(store, OutputQuery(limit=2))
    await given_records(store, 3, 5)
    assert await times(store, OutputQuery(cursor=cursor)) == ([30, 40, 50], None)


async def test_a_backward_cursor_is_untouched_by_what_arrived_since(store: OutputStore) -> None:
    await given_records(store, 0, 4)
    _, cursor = await times(store, OutputQuery(limit=2, descending=True))
    await given_records(store, 4, 9)
    assert await times(store, OutputQuery(descending=True, cursor=cursor)) == ([20, 10], None)


async def test_one_goes_on_from_the_last_time_at_the_head(store: OutputStore) -> None:
    await given_records(store, 0, 3)
    (*_, last), cursor = await times(store, OutputQuery())
    assert cursor is None
    await given_records(store, 3, 4)
    assert await times(store, OutputQuery(after=last)) == ([40], None)


async def test_a_page_ends_by_its_bytes_too(store: OutputStore) -> None:
    count = PAGE_BYTES // CHUNK_BYTES + 2
    data = bytes(CHUNK_BYTES)
    await store.append([OutputChunk("a", number * CHUNK_BYTES, number, data) for number in range(count)])
    page = await store.poll("a", OutputQuery(limit=1000))
    rest = await store.poll("a", OutputQuery(limit=1000, cursor=page.cursor))
    assert sum(len(record.data) for record in page.records) == PAGE_BYTES
    assert len(page.records) + len(rest.records) == count
    assert rest.cursor is None


async def test_a_limit_of_nothing_gives_nothing(store: OutputStore) -> None:
    await given_records(store, 0, 3)
    assert await times(store, OutputQuery(limit=0)) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 40, "\N{SUPERSCRIPT TWO}"])
async def test_a_cursor_that_no_page_gave_is_refused(store: OutputStore, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await store.poll("a", OutputQuery(cursor=cursor))
