"""Generations: how one takes another's place."""

import pytest

from runfold.eventlog.checkpoint import AheadOfLog, OtherLog
from runfold.eventlog.port import Head
from runfold.eventlog.runs import Generation, Generations

ACTIVE = Generation(3, 1, "log", 70)


def test_the_first_generation_is_built_and_then_active() -> None:
    wanted = Generations().wanting(1)
    assert wanted.building == Generation(1, 1)
    assert wanted.activated() == Generations(2, active=Generation(1, 1))


def test_a_generation_that_is_being_built_is_wanted_only_once() -> None:
    standing = Generations(7, ACTIVE).wanting(1)
    assert standing == Generations(8, ACTIVE, Generation(4, 1))
    assert standing.wanting(1) is standing


def test_one_of_another_version_is_begun_anew() -> None:
    standing = Generations(7, ACTIVE, Generation(4, 1, "log", 50)).wanting(2)
    assert standing.building == Generation(5, 2)


def test_a_checkpoint_goes_forward_alone() -> None:
    standing = Generations(7, ACTIVE, Generation(4, 1))
    assert standing.advanced(4, "log", 9) == Generations(8, ACTIVE, Generation(4, 1, "log", 9))
    assert standing.advanced(3, "log", 71) == Generations(8, Generation(3, 1, "log", 71), Generation(4, 1))
    assert standing.advanced(3, "log", 60) is standing


def test_why_one_is_not_built_is_told_until_it_gets_on() -> None:
    standing = Generations(7, ACTIVE, Generation(4, 1))
    failing = standing.failing(4, "why")
    assert failing == Generations(8, ACTIVE, Generation(4, 1, failure="why"))
    assert failing.failing(4, "why") is failing.failing(3, "other") is failing
    assert failing.failing(4, None).building == Generation(4, 1)
    assert failing.activated().active == Generation(4, 1)


def test_a_generation_that_was_replaced_advances_no_more() -> None:
    standing = Generations(7, ACTIVE, Generation(4, 1, "log", 80)).activated()
    assert standing.advanced(3, "log", 90) is None


def test_a_generation_of_another_log_or_ahead_of_it_is_told() -> None:
    ACTIVE.check(Head(9, 70, "log"))
    Generation(1, 1).check(Head(9, 70, "another"))
    with pytest.raises(OtherLog):
        ACTIVE.check(Head(9, 70, "another"))
    with pytest.raises(AheadOfLog, match=r"position 70.*position 69"):
        ACTIVE.check(Head(9, 69, "log"))
