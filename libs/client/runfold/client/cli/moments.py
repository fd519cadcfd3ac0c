"""`--since`: a time, or how long ago."""

import re
from datetime import datetime, timedelta

import typer

_AGO = re.compile(r"(\d+) *([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str | None, now: datetime) -> datetime | None:
    """Of `10s`, `5m`, `1d` before `now`, or of an RFC 3339 time; one without a zone is local."""
    if text is None:
        return None
    if (found := _AGO.fullmatch(text.strip())) is not None:
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise typer.BadParameter(f"{text} is neither like 5m nor like 2026-09-24T15:30:00Z") from None
