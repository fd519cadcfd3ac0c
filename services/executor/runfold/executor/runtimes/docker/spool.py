"""A container's output in a file of the executor's, and where to go on reading the engine's copy of it.

The engine stamps each piece of output. `index` has lines of "<offset> <stamp>": the piece of that stamp begins at that
offset of the file. So the next executor reads on from a stamp, and skips what the file has already, byte for byte.
"""

import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from runfold.executor.runtimes.process.supervisor import Output

#: The file that the watchdog leaves beside the output of what it stopped.
CUT_OFF = "cut-off"
#: Bytes of output between lines of the index.
STEP = 64 * 1024
#: What a piece counts for at least: the engine sends each line as one, and to take it costs more than its bytes say.
PIECE = 100


@dataclass(slots=True)
class Mark:
    """A place in the engine's copy: after the first `passed` pieces of this stamp. Stamps may be out of order."""

    stamp: str
    passed: int


class Spool:
    """Written by one thread, read by anybody."""

    def __init__(self, path: Path, limit: int) -> None:
        """`limit` in bytes an hour."""
        self.path = path
        self._limit = limit
        self._file = path / "output"
        self._index = path / "index"

    def open(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self._output = Output(str(self._file), self._limit)
        self._output.counts = False
        self._indexed, stamp = self._last()
        self._at = Mark(stamp, 0) if stamp else None
        self._skip = self._output.size - self._indexed
        self._seeking: Mark | None = None
        self._cut = False

    @property
    def full(self) -> bool:
        """Nothing more is taken in this hour."""
        return self._output.full

    def pass_over(self) -> None:
        """What the engine has of before this moment is left out."""
        self._at = Mark(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z"), 0)

    def seek(self) -> str | None:
        """The stamp to read from, before each reading; None is the beginning."""
        self._seeking = replace(self._at) if self._at else None
        return self._at.stamp if self._at else None

    def take(self, frame: bytes) -> bool:
        """False when there was nothing new in it."""
        stamp_bytes, _, data = frame.partition(b" ")
        stamp = stamp_bytes.decode(errors="replace")
        if self._seeking and self._is_passed(self._seeking, stamp):
            return False
        if self._at and self._at.stamp == stamp:
            self._at.passed += 1
            mended = False
        else:
            # Of a line that it cut in pieces, the engine's driver loses the end; its pieces share a stamp.
            mended = self._cut and self._write(b"\n")
            # Only the first of such pieces can be found again.
            if self._output.size - self._indexed >= STEP and not self._skip:
                self._remember(stamp)
            self._at, self._cut = Mark(stamp, 1), False
        self._cut = not data.endswith(b"\n") if data else self._cut
        return self._write(data) or mended

    def close(self) -> None:
        self._output.close()

    def size(self) -> int:
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, offset: int, limit: int) -> bytes:
        try:
            with self._file.open("rb", buffering=0) as file:
                return os.pread(file.fileno(), limit, offset)
        except FileNotFoundError:
            return b""

    def cut_off(self) -> str | None:
        """Why the watchdog stopped the container, if it did."""
        try:
            return (self.path / CUT_OFF).read_text() or None
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _is_passed(self, mark: Mark, stamp: str) -> bool:
        if stamp != mark.stamp:
            # Seconds later: what was looked for has been rotated away.
            return stamp[:19] <= mark.stamp[:19]
        if mark.passed <= 1:
            self._seeking = None
        mark.passed -= 1
        return mark.passed >= 0

    def _write(self, data: bytes) -> bool:
        """But for what the file has already."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        if skipped == len(data):
            return False
        self._output.take(data[skipped:], PIECE)
        return True

    def _last(self) -> tuple[int, str | None]:
        try:
            lines = self._index.read_text().splitlines()
        except FileNotFoundError:
            return 0, None
        for line in reversed(lines):
            offset, _, stamp = line.partition(" ")
            # A line that a crash cut short, or that is ahead of the file, says nothing.
            if stamp.endswith("Z") and int(offset) <= self._output.size:
                return int(offset), stamp
        return 0, None

    def _remember(self, stamp: str) -> None:
        self._indexed = self._output.size
        with self._index.open("a") as file:
            file.write(f"{self._indexed} {stamp}\n")
