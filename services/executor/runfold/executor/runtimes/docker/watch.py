"""Follows one container: its output into the spool, then its end. One thread each."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from runfold.executor.runtime import Ended, RuntimeUnavailable
from runfold.executor.runtimes.docker.engine import Engine, Frames
from runfold.executor.runtimes.docker.spool import Spool
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")

#: Seconds between attempts to reach an engine that is away.
PATIENCE = 1.0
OUT_OF_MEMORY = "it was killed for using more memory than its limit"
#: Pieces of output after which everybody else of this process gets so many seconds.
BURST, REST = 1000, 0.005


class Watch:
    """`grew` is called, in the watching thread, when the spool has more. `ended` stays None for one that is gone."""

    def __init__(self, name: str, engine: Engine, spool: Spool, grew: Callable[[], None]) -> None:
        self._name = name
        self._engine = engine
        self._spool = spool
        self._grew = grew
        self._closed = threading.Event()
        self._frames: Frames | None = None
        self._state: dict[str, Any] | None = None
        self.ended: Ended | None = None

    def close(self) -> None:
        """The thread ends soon; the container runs on."""
        self._closed.set()
        if self._frames:
            self._frames.cut()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def run(self) -> None:
        self._spool.open()
        try:
            self._watch()
        finally:
            self._spool.close()
        if self._state:
            self.ended = ended(self._state, self._spool.size(), self._spool.cut_off())

    def _watch(self) -> None:
        from docker.errors import NotFound

        while not self.closed:
            try:
                if self._look():
                    return
            except NotFound:
                return
            except RuntimeUnavailable as error:
                _log.warning("container out of sight", container=self._name, error=str(error))
            self._closed.wait(PATIENCE)

    def _look(self) -> bool:
        """Follows it to its end, which is True, or to that of the connection."""
        if self._spool.full:
            # A flood isn't read only to be dropped: an engine has more lines than this process should look at.
            self._spool.pass_over()
        else:
            self._read(follow=True)
        state = self._engine.ask(lambda client: client.api.inspect_container(self._name))["State"]
        if state["Status"] not in ("exited", "dead"):
            return False
        # The engine may end the stream before the last lines, which it has written by now.
        if not self._spool.full:
            self._read(follow=False)
        self._state = state
        return True

    def _read(self, *, follow: bool) -> None:
        stamp = self._spool.seek()
        since = micros(stamp) // 1_000_000 if stamp else None
        frames = self._frames = self._engine.logs(self._name, since, follow=follow)
        if self.closed:
            frames.cut()  # whoever closed had nothing to cut yet
        try:
            self._take(frames)
        except Exception as error:
            # Whatever the SDK's layers raise when the stream breaks: what the container does now is asked for next.
            if not self.closed:
                raise RuntimeUnavailable(f"the output's stream broke: {error}") from error

    def _take(self, frames: Frames) -> None:
        with closing(iter(frames)) as pieces:
            for number, piece in enumerate(pieces, 1):
                if number % BURST == 0:
                    self._closed.wait(REST)
                if self._spool.take(piece):
                    self._grew()
                if self._spool.full:
                    return


def ended(state: dict[str, Any], output_bytes: int, cut_off: str | None = None) -> Ended:
    """From the engine's State; and from what the watchdog wrote, if it was it."""
    oom = bool(state.get("OOMKilled"))
    return Ended(
        exit_status=int(state["ExitCode"]),
        # The engine may note the start of a short job after its end.
        exited_at=max(micros(state["StartedAt"]), micros(state["FinishedAt"])),
        output_bytes=output_bytes,
        oom_killed=oom,
        reason="interrupted_by_no_capacity" if cut_off else None,
        message=cut_off or (OUT_OF_MEMORY if oom else state.get("Error") or None),
    )


def micros(stamp: str) -> int:
    """Microseconds of a time as the engine writes it."""
    return int(datetime.fromisoformat(stamp).timestamp() * 1_000_000)
