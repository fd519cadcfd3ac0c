"""Rendered answers as bytes, each until the commit that changes what it shows."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from runfold.contracts.envelope import Commit
from runfold.contracts.run import RunUpdated
from runfold.domain.cell.state import Cell

KEPT = 2048  #: runs, some 5 KB each


T = TypeVar("T")


class Rendered:
    """By run, the newest used ones; the view is asked nothing, it tells."""

    def __init__(self, cell: Callable[[], Cell]) -> None:
        self._cell = cell
        self._runs: OrderedDict[str, dict[Hashable, bytes]] = OrderedDict()
        self._lasting: OrderedDict[tuple[str, Hashable], Any] = OrderedDict()

    def lasting(self, run_id: str, variant: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of what never changes of a run, or made of it before."""
        key = run_id, variant
        if key in self._lasting:
            self._lasting.move_to_end(key)
        else:
            self._lasting[key] = make()
            if len(self._lasting) > KEPT:
                self._lasting.popitem(last=False)
        return self._lasting[key]  # type: ignore[no-any-return]

    def run(self, run_id: str, variant: Hashable, render: Callable[[], bytes]) -> bytes:
        """What `render` makes of the run in this variant, or made of it since it changed last."""
        variants = self._runs.get(run_id)
        if variants is None:
            variants = self._runs[run_id] = {}
            if len(self._runs) > KEPT:
                self._runs.popitem(last=False)
        else:
            self._runs.move_to_end(run_id)
        if variant not in variants:
            variants[variant] = render()
        return variants[variant]

    def _forget_lasting(self, run_id: str) -> None:
        """Of what never changes, what a user has changed after all: so rarely that all may be looked through."""
        for key in [key for key in self._lasting if key[0] == run_id]:
            del self._lasting[key]

    def changed(self, commit: Commit | None) -> None:
        """What is neither a run's nor a job's (a host's facts, a fleet) may show in any run, and is rare."""
        if commit is None:
            self._runs.clear()
            return
        for envelope in commit.events:
            kind, _, about = envelope.stream.partition(":")
            if isinstance(envelope.data, RunUpdated):
                self._forget_lasting(about)
            if kind == "run":
                self._runs.pop(about, None)
            elif kind == "job":
                job = self._cell().jobs.get(about)
                self._runs.pop(job.run_id if job else "", None)
            elif kind in ("host", "fleet", "instance", "user"):
                self._runs.clear()
