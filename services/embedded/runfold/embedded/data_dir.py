"""The data directory of `runfold up`: one process at a time, readable by its owner alone."""

import base64
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class InUse(Exception):
    """Another process has the data directory."""


class DataDir:
    """Held from `acquire` to `release`, by a lock that the kernel drops with the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def acquire(self) -> None:
        """Raises InUse, naming the pid that holds it."""
        # Others may pass through it, since jobs may run as another user; what is in it is its owner's alone.
        self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.path.chmod(0o711)
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise InUse(
                f"{self.path} is in use by pid {holder}; stop it, or give --data-dir another directory"
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def master_key(self) -> str:
        """Base64 of 32 bytes, made at the first start; without it the secrets in the log can't be read."""
        return self._kept("master.key", lambda: base64.b64encode(AESGCM.generate_key(256)).decode())

    @property
    def untold(self) -> "UntoldFile":
        """The admin's token between its making and its showing."""
        return UntoldFile(self.path / "admin.token")

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.path / name
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            value = make()
        _write(path, value)
        return value


class UntoldFile:
    """A token in a file of its own, for as long as nobody was shown it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """None where there is none."""
        try:
            return self._path.read_text().strip() or None
        except FileNotFoundError:
            return None

    def keep(self, token: str) -> None:
        """Durable once it returns."""
        _write(self._path, token)

    def forget(self) -> None:
        """For when it was shown, or turned out to be of no use."""
        self._path.unlink(missing_ok=True)


def _write(path: Path, value: str) -> None:
    """All of it or nothing, readable by its owner alone."""
    partial = path.with_name(f"{path.name}.new")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
