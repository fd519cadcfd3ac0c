"""Ids as the standard has them: each is read back by Python's own reader, in the one way of writing it."""

import uuid

from runfold.service.system import SystemClock, SystemIds

MANY = 5_000


class Stopped(SystemClock):
    """Shows one time, in microseconds, until it is set to another."""

    time = 1_700_000_000_123_456

    def now(self) -> int:
        return self.time


def test_random_ids_are_of_version_4_and_none_comes_twice() -> None:
    ids = SystemIds()
    made = [ids.uuid4() for _ in range(MANY)]
    read = [uuid.UUID(each) for each in made]
    assert {(each.version, each.variant) for each in read} == {(4, uuid.RFC_4122)}
    assert [str(each) for each in read] == made
    assert len(set(made)) == MANY


def test_every_bit_but_version_and_variant_is_random() -> None:
    ids = SystemIds()
    ones = zeros = 0
    for _ in range(MANY):
        value = uuid.UUID(ids.uuid4()).int
        ones, zeros = ones | value, zeros | ~value
    fixed = (0xF << 76) | (0x3 << 62)
    assert ones & zeros & (2**128 - 1) == (2**128 - 1) & ~fixed


def test_ordered_ids_are_of_version_7_and_begin_with_the_time() -> None:
    clock = Stopped()
    ids = SystemIds(clock)
    earlier = [ids.uuid7() for _ in range(MANY)]
    clock.time += 1_000
    later = ids.uuid7()
    read = [uuid.UUID(each) for each in (*earlier, later)]
    assert {(each.version, each.variant) for each in read} == {(7, uuid.RFC_4122)}
    assert [each.int >> 80 for each in read] == [1_700_000_000_123] * MANY + [1_700_000_000_124]
    assert [str(each) for each in read] == [*earlier, later]
    assert max(earlier) < later
    assert len(set(earlier)) == MANY
