"""Times and amounts in few words."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from runfold.client.cli.moments import moment
from runfold.client.cli.shown import words

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0.4s"), (12, "12s"), (125, "2m 5s"), (3600, "1h"), (12061, "3h 21m")]
)
def test_a_span_has_two_units_at_most(seconds: float, told: str) -> None:
    assert words.span(seconds) == told


def test_what_was_just_now_is_now() -> None:
    assert [words.ago(NOW - timedelta(seconds=s), NOW) for s in (0, 59, 7200, 90000)] == [
        "now",
        "59s ago",
        "2h ago",
        "1d ago",
    ]


def test_bytes_have_a_unit_that_leaves_few_digits() -> None:
    assert [words.megabytes(count) for count in (12, 2048, 3 << 20, 5 << 30, 5 << 40)] == [
        "12 B",
        "2.0 KB",
        "3.0 MB",
        "5.0 GB",
        "5120.0 GB",
    ]


def test_prices_have_no_more_digits_than_they_need() -> None:
    assert [words.price(each) for each in (None, 0, 3.5, 0.1234)] == ["-", "$0", "$3.5", "$0.1234"]


def test_since_is_a_time_or_how_long_ago() -> None:
    assert moment(None, NOW) is None
    assert moment("90s", NOW) == NOW - timedelta(seconds=90)
    assert moment("2d", NOW) == NOW - timedelta(days=2)
    assert moment("2026-01-01T11:00:00Z", NOW) == NOW - timedelta(hours=1)
    with pytest.raises(typer.BadParameter, match="neither like 5m"):
        moment("yesterday", NOW)
