"""What the attempts that aren't over hold of this host: counted as they come and go, however many there are."""

from collections import Counter
from collections.abc import Iterator

from runfold.executor.entries import Attempt

QUANTITIES = ("cpu", "memory", "gpu", "disk")


class Holdings:
    """Attempts that hold capacity; `taken` is what they asked for together, by quantity."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self._ports: Counter[tuple[str, int]] = Counter()  #: by runtime and port
        self._attempts: dict[str, Attempt] = {}

    def __len__(self) -> int:
        return len(self._attempts)

    def __iter__(self) -> Iterator[Attempt]:
        """Those of this moment."""
        return iter(tuple(self._attempts.values()))

    def take(self, attempt: Attempt) -> None:
        self._attempts[attempt.id] = attempt
        self._count(attempt, 1)

    def free(self, attempt_id: str) -> None:
        """Nothing where it holds nothing (any more)."""
        attempt = self._attempts.pop(attempt_id, None)
        if attempt is not None:
            self._count(attempt, -1)

    def has_port(self, runtime: str, port: int) -> bool:
        return self._ports[runtime, port] > 0

    def _count(self, attempt: Attempt, by: int) -> None:
        spec = attempt.assignment.spec
        for name in QUANTITIES:
            self.taken[name] += by * getattr(spec.requests, name)
        for port in spec.ports:
            self._ports[attempt.runtime, port] += by
