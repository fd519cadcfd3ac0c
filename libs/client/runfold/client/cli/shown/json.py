"""Answers as JSON."""

import sys
from typing import Any

import msgspec


def whole(value: Any) -> None:
    """On several lines, for people and programs."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()


def line(value: Any) -> None:
    """On one line, at once."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.flush()
