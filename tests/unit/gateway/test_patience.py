"""How long the gateway repeats an append, beside how long the log remembers it."""

from runfold.eventlog.window import MEMORY
from runfold.gateway.api import WRITE_PATIENCE


def test_an_append_is_remembered_for_longer_than_it_is_repeated_however_clocks_are_set() -> None:
    """Else its own effect would refuse it: a submission whose answer got lost would be told that its name is taken."""
    assert MEMORY.span >= 2 * WRITE_PATIENCE * 1_000_000
