"""Tickets for archives: made with the master key, and good for a time."""

import pytest

from runfold.service.parcels import LASTS, Parcels

MASTER = "bWFzdGVyLWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="
OTHER = "A" * 43 + "="


def test_a_ticket_tells_its_archive_to_whoever_has_the_same_key() -> None:
    ticket = Parcels(MASTER).ticket("archive-1", "attempt-1", 1_000)
    assert Parcels(MASTER).archive_of(ticket, 1_000 + LASTS - 1) == "archive-1"


def test_it_is_good_for_a_time() -> None:
    ticket = Parcels(MASTER).ticket("archive-1", "attempt-1", 1_000)
    assert Parcels(MASTER).archive_of(ticket, 1_000 + LASTS) is None


def test_another_key_makes_none() -> None:
    ticket = Parcels(OTHER).ticket("archive-1", "attempt-1", 1_000)
    assert Parcels(MASTER).archive_of(ticket, 1_000) is None


@pytest.mark.parametrize("changed", ["archive-2.attempt-1", "archive-1.attempt-2"])
def test_one_that_was_changed_is_none(changed: str) -> None:
    _, _, rest = Parcels(MASTER).ticket("archive-1", "attempt-1", 1_000).partition("attempt-1")
    assert Parcels(MASTER).archive_of(changed + rest, 1_000) is None


@pytest.mark.parametrize("wrong", ["", ".", "a.b.c.d", "ü.é.1.x"])
def test_what_is_none_is_none(wrong: str) -> None:
    assert Parcels(MASTER).archive_of(wrong, 1_000) is None
