"""How an SQLite file is opened here: in WAL mode, with its tables, whoever else opens it at the same moment."""

import os
import random
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

BUSY = 2.0  #: seconds to wait for another connection that writes
LONGEST_PAUSE = 0.02  #: seconds between two tries to open a file that others open too


def open_file(path: Path | str, schema: str, *, synchronous: str, busy: float = BUSY) -> sqlite3.Connection:
    """Waits up to `busy` seconds for others, blocking its thread; raises sqlite3.OperationalError after that.

    In WAL mode only synchronous=FULL makes a commit survive a power cut. Transactions are the caller's.
    """
    if isinstance(path, Path):
        _be_its_owners_alone(path)
    connection = sqlite3.connect(path, timeout=busy, isolation_level=None)
    try:
        _into_wal(connection, time.monotonic() + busy)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _be_its_owners_alone(path: Path) -> None:
    """Whatever directory it lies in. What SQLite makes beside a file has that file's mode."""
    with suppress(OSError):  # SQLite tells of a file that can't be opened
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for each in (path, *path.parent.glob(f"{path.name}-*")):
        with suppress(PermissionError, FileNotFoundError):  # another's, or gone meanwhile
            each.chmod(0o600)


def _into_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """SQLite's own time-out doesn't cover this pragma: of two at once on a new file, one is told "locked"."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE))
