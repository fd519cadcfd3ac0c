"""From all that went wrong to what is enough: delta debugging (Zeller, Hildebrandt 2002)."""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import TypeVar

T = TypeVar("T")


def shrunk(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """A part of `items` that still fails, and from which no single one can be left out. All of them must fail."""
    left, parts = list(items), 2
    if not left or fails([]):
        return []
    while len(left) > 1:
        chunks = _split(left, min(parts, len(left)))
        smaller = next((rest for rest in _rests(chunks) if fails(rest)), None)
        if smaller is not None:
            left, parts = smaller, max(parts - 1, 2)
        elif parts >= len(left):
            return left
        else:
            parts *= 2
    return left


def _split(items: list[T], parts: int) -> list[list[T]]:
    ends = [len(items) * part // parts for part in range(parts + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


def _rests(chunks: list[list[T]]) -> list[list[T]]:
    """All but one of the chunks, each in turn; and of two halves, so each of them."""
    return [list(chain(*chunks[:i], *chunks[i + 1 :])) for i in range(len(chunks))]
