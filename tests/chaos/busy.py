"""Users who don't wait for what goes on."""

import threading
import traceback
from typing import Self

from tests.chaos.calls import Need
from tests.chaos.users import Users

#: Seconds between what they do, and those in which they get it done whatever goes on.
_PAUSE, _PATIENCE = 0.3, 120.0


class Busy:
    """While this is entered, `users` submit and stop tasks, one after the other."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._over = threading.Event()
        self._done = threading.Semaphore(0)
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="users")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        assert self._failure is None, self._failure

    def more(self, times: int) -> None:
        """Returns once they got so many more answers."""
        for _ in range(times):
            answered = self._done.acquire(timeout=_PATIENCE)
            assert self._failure is None, self._failure
            assert answered, f"nobody was answered for {_PATIENCE:g} s"

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._users.act(Need.TASK)
                self._done.release()
                self._over.wait(_PAUSE)
        except Exception:
            self._failure = traceback.format_exc()
            self._done.release()
