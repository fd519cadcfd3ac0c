"""What every store of samples does."""

import pytest

from runfold.eventlog.metrics import LATEST, MetricsStore
from tests.contract.metrics.given import KEPT, sample


async def times(store: MetricsStore, attempt: str = "a", **window: int) -> list[int]:
    return [each.time for each in await store.read(attempt, **window)]


async def test_an_attempt_without_samples_reads_as_empty(store: MetricsStore) -> None:
    assert await store.read("a") == ()


async def test_samples_are_kept_as_they_came_and_read_newest_first(store: MetricsStore) -> None:
    await store.add([sample(9, cpu=5), sample(1_790_000_000_000_000, cpu=2**62)])
    assert await store.read("a") == (sample(1_790_000_000_000_000, cpu=2**62), sample(9, cpu=5))


async def test_nothing_to_add_adds_nothing(store: MetricsStore) -> None:
    await store.add([])
    assert await store.read("a") == ()


async def test_attempts_keep_apart_whatever_their_names(store: MetricsStore) -> None:
    await store.add([sample(1, "a"), sample(2, "a/0"), sample(3, "ab"), sample(4, "a b?&")])
    assert [await times(store, name) for name in ("a", "a/0", "ab", "a b?&")] == [[1], [2], [3], [4]]


async def test_a_sample_sent_again_changes_nothing(store: MetricsStore) -> None:
    await store.add([sample(1, cpu=7), sample(2)])
    await store.add([sample(1, cpu=8), sample(3)])
    assert await store.read("a") == (sample(3), sample(2), sample(1, cpu=7))


async def test_the_bounds_of_time_are_exclusive(store: MetricsStore) -> None:
    await store.add([sample(time) for time in (0, 5, 6, 7)])
    assert await times(store, after=5) == [7, 6]
    assert await times(store, before=6) == [5, 0]
    assert await times(store, after=0, before=7) == [6, 5]
    assert await times(store, after=5, before=6) == []
    assert await times(store, after=LATEST, before=0) == []


@pytest.mark.parametrize(("limit", "expected"), [(2, [7, 6]), (100, [7, 6, 5]), (0, [])])
async def test_a_limit_takes_the_newest(store: MetricsStore, limit: int, expected: list[int]) -> None:
    await store.add([sample(time) for time in (5, 6, 7)])
    assert await times(store, limit=limit) == expected


async def test_of_many_samples_the_newest_stay_and_the_others_go(store: MetricsStore) -> None:
    await store.add([sample(1, "other")])
    for time in range(4 * KEPT):
        await store.add([sample(time)])
    left = await times(store, limit=1000)
    assert left[:KEPT] == list(range(4 * KEPT - 1, 3 * KEPT - 1, -1))
    assert len(left) < 2 * KEPT
    assert await times(store, "other") == [1]


async def test_old_samples_expire_some_at_a_time(store: MetricsStore) -> None:
    await store.add([*(sample(time) for time in (1, 2, 3, 4)), sample(2, "other"), sample(9, "other")])
    assert await store.delete_before(4, limit=3) == 3
    assert await store.delete_before(4, limit=3) == 1
    assert await store.delete_before(4, limit=3) == 0
    assert await times(store) == [4]
    assert await times(store, "other") == [9]
