"""Appending: every byte once, in order, whatever was sent twice, overlapped, came early or was never seen."""

import asyncio
from itertools import pairwise

import pytest

from runfold.contracts.executor import OutputChunk
from runfold.eventlog.output import SLICE_BYTES, STEP_RECORDS, OutputQuery, OutputRecord, OutputStore
from runfold.eventlog.output_rules import LATEST

ALL = OutputQuery(limit=1000)


def chunk(offset: int, data: bytes, *, time: int = 1_000, attempt: str = "a") -> OutputChunk:
    return OutputChunk(attempt, offset, time, data)


async def records(
    store: OutputStore, attempt: str = "a", query: OutputQuery = ALL
) -> tuple[OutputRecord, ...]:
    return (await store.poll(attempt, query)).records


async def text(store: OutputStore, attempt: str = "a") -> bytes:
    return b"".join(record.data for record in await records(store, attempt))


async def expire(store: OutputStore, time: int) -> int:
    """Step by step until nothing older is left; the bytes freed."""
    freed = 0
    while (step := await store.delete_before(time)) is not None:
        freed += step
    return freed


async def test_an_attempt_without_output_reads_as_empty(store: OutputStore) -> None:
    assert await store.stored("a") == 0
    assert await text(store) == b""
    assert (await store.read_from("a", 0)).data == b""


async def test_chunks_are_kept_as_they_came(store: OutputStore) -> None:
    assert await store.append([chunk(0, b"one\n", time=5), chunk(4, b"tw\xff", time=9)]) == {"a": 7}
    assert await records(store) == (OutputRecord(0, 5, b"one\n"), OutputRecord(4, 9, b"tw\xff"))


async def test_attempts_keep_apart(store: OutputStore) -> None:
    appended = await store.append([chunk(0, b"aa"), chunk(0, b"b", attempt="b"), chunk(2, b"a")])
    assert appended == {"a": 3, "b": 1}
    assert [await text(store, attempt) for attempt in ("a", "b")] == [b"aaa", b"b"]


async def test_a_chunk_sent_again_changes_nothing(store: OutputStore) -> None:
    await store.append([chunk(0, b"one"), chunk(3, b"two")])
    before = await records(store)
    assert await store.append([chunk(0, b"one"), chunk(3, b"two")]) == {"a": 6}
    assert await records(store) == before


async def test_an_overlap_is_trimmed_to_what_is_new(store: OutputStore) -> None:
    await store.append([chunk(0, b"one")])
    assert await store.append([chunk(1, b"ne"), chunk(0, b"onetwo")]) == {"a": 6}
    assert [record.data for record in await records(store)] == [b"one", b"two"]


async def test_an_empty_chunk_is_no_record(store: OutputStore) -> None:
    assert await store.append([chunk(0, b"")]) == {"a": 0}
    assert await records(store) == ()


async def test_what_comes_early_waits_for_the_gap_to_be_filled(store: OutputStore) -> None:
    assert await store.append([chunk(6, b"three"), chunk(3, b"two")]) == {"a": 0}
    assert await text(store) == b""
    assert await store.append([chunk(0, b"one")]) == {"a": 11}
    assert await text(store) == b"onetwothree"


async def test_a_gap_filled_in_part_lets_through_what_it_may(store: OutputStore) -> None:
    await store.append([chunk(3, b"two"), chunk(9, b"four")])
    assert await store.append([chunk(0, b"one")]) == {"a": 6}
    assert await store.append([chunk(6, b"333")]) == {"a": 13}
    assert await text(store) == b"onetwo333four"


async def test_the_longest_of_early_chunks_at_one_offset_counts(store: OutputStore) -> None:
    await store.append([chunk(2, b"cd")])
    await store.append([chunk(2, b"cdef"), chunk(2, b"c")])
    assert await store.append([chunk(0, b"ab")]) == {"a": 6}
    assert await text(store) == b"abcdef"


async def test_many_early_chunks_take_their_places(store: OutputStore) -> None:
    letters = bytes(range(100))
    await store.append([chunk(offset, letters[offset : offset + 1]) for offset in range(99, 0, -1)])
    assert await store.append([chunk(0, letters[:1])]) == {"a": 100}
    assert await text(store) == letters


async def test_times_are_strictly_increasing_even_when_clocks_are_not(store: OutputStore) -> None:
    await store.append([chunk(0, b"a", time=50), chunk(1, b"b", time=50)])
    await store.append([chunk(2, b"c", time=7), chunk(3, b"d", time=60)])
    assert [record.time for record in await records(store)] == [50, 51, 52, 60]


async def test_bytes_are_read_from_any_offset(store: OutputStore) -> None:
    await store.append([chunk(0, b"one"), chunk(3, b"two"), chunk(6, b"three")])
    assert [(await store.read_from("a", offset)).data for offset in (0, 1, 3, 8, 11, 99)] == [
        b"onetwothree",
        b"netwothree",
        b"twothree",
        b"ree",
        b"",
        b"",
    ]


async def test_a_read_is_bounded_and_the_next_one_goes_on(store: OutputStore) -> None:
    size = 200_000
    output = b"".join(bytes([number]) * size for number in range(8))
    await store.append([chunk(number * size, output[number * size :][:size]) for number in range(8)])
    first = await store.read_from("a", 0)
    second = await store.read_from("a", len(first.data))
    assert len(first.data) == SLICE_BYTES
    assert first.data + second.data == output


async def test_a_reader_that_waits_is_woken_by_what_arrives(store: OutputStore) -> None:
    reader = asyncio.create_task(store.read_from("a", 3, wait=30))
    await store.append([chunk(0, b"one")])
    await store.append([chunk(3, b"two")])
    assert (await asyncio.wait_for(reader, 60)).data == b"two"


async def test_a_reader_that_waits_in_vain_gets_nothing(store: OutputStore) -> None:
    assert (await store.read_from("a", 0, wait=0.001)).data == b""


async def test_appends_at_once_store_every_byte_once(store: OutputStore) -> None:
    letters = bytes(range(64)) * 2
    await asyncio.gather(
        *(store.append([chunk(offset, letters[offset : offset + 8])]) for offset in range(0, 128, 4))
    )
    assert await text(store) == letters


async def test_old_records_expire_but_still_count_as_stored(store: OutputStore) -> None:
    await store.append(
        [chunk(0, b"one", time=10), chunk(3, b"two", time=20), chunk(0, b"b", attempt="b", time=9)]
    )
    assert await expire(store, 20) == 4
    assert [record.data for record in await records(store)] == [b"two"]
    kept = await store.read_from("a", 0)
    assert (kept.offset, kept.data) == (3, b"two")
    assert [await store.stored(attempt) for attempt in ("a", "b")] == [3 + 3, 1]


async def test_output_goes_on_after_all_of_it_expired(store: OutputStore) -> None:
    await store.append([chunk(0, b"one", time=10)])
    await expire(store, LATEST)
    assert await store.append([chunk(0, b"one"), chunk(3, b"two", time=4)]) == {"a": 6}
    assert await records(store) == (OutputRecord(3, 11, b"two"),)
    assert await expire(store, LATEST) == 3
    assert await store.delete_before(LATEST) is None


async def test_much_old_output_expires_in_steps(store: OutputStore) -> None:
    count = 2 * STEP_RECORDS + 1
    await store.append([chunk(at, b"x", time=at + 1) for at in range(count)])
    assert await store.delete_before(LATEST) == STEP_RECORDS
    assert (await store.read_from("a", 0)).offset == STEP_RECORDS
    assert await expire(store, LATEST) == count - STEP_RECORDS


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_of_any_pieces_gives_the_same_output(store: OutputStore, seed: int) -> None:
    output = bytes(range(256))
    pieces = [(start, (start * 7 + seed) % 23 + 5) for start in range(0, 256, 4)]
    shuffled = sorted(pieces, key=lambda piece: (piece[0] * 37 + seed * 11) % 101)
    for few in (shuffled[number : number + 5] for number in range(0, len(shuffled), 5)):
        await store.append([chunk(start, output[start : start + size], time=start) for start, size in few])
    assert await text(store) == output
    assert all(former.time < latter.time for former, latter in pairwise(await records(store)))
