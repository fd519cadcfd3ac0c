"""The last commits in memory, so that everyone who follows in this process shares one decode of each.

A few, since a decoded one takes three times its bytes.
"""

from collections import deque

from runfold.contracts.envelope import Commit, CommitRecord

MOST_COMMITS = 256
MOST_BYTES = 2 * 1024 * 1024
#: A read answers at most about this much at once.
READ_BYTES = 8 * 1024 * 1024


class Tail:
    def __init__(self) -> None:
        self._commits: deque[Commit] = deque()
        self._bytes = 0

    def add(self, commit: Commit) -> None:
        self._commits.append(commit)
        self._bytes += _size(commit.record)
        while len(self._commits) > MOST_COMMITS or (self._bytes > MOST_BYTES and len(self._commits) > 1):
            self._bytes -= _size(self._commits.popleft().record)

    def read(self, after: int, limit: int) -> list[Commit]:
        """Commits above number `after`; none when the first of them isn't in memory."""
        if not self._commits or after + 1 < self._commits[0].number:
            return []
        start = after + 1 - self._commits[0].number
        stop = min(start + limit, len(self._commits))
        return within_bytes([self._commits[i] for i in range(start, stop)])


def within_bytes(commits: list[Commit]) -> list[Commit]:
    """As many of them as fit into one answer, at least one."""
    total = 0
    for i, commit in enumerate(commits):
        total += _size(commit.record)
        if total > READ_BYTES and i:
            return commits[:i]
    return commits


def _size(record: CommitRecord) -> int:
    return len(memoryview(record.body))
