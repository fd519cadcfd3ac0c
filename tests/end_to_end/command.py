"""The `runfold` command against a server, as a person calls it: in a pipe, and in a terminal."""

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

import pyte

from tests.end_to_end.embedded import TOKEN

COLUMNS, LINES = 100, 30
_FOREIGN = ("RUNFOLD_", "DSTACK_", "COLUMNS", "LINES")  #: what a person's own shell may say, a test's may not
PATIENCE = 60.0  #: seconds for what takes one


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    out: str
    error: str


class Command:
    """In a home and a directory of its own."""

    def __init__(self, url: str, home: Path) -> None:
        self.home = home
        known = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        self._environment = {**known, "HOME": str(home), "RUNFOLD_URL": url, "RUNFOLD_TOKEN": TOKEN}

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Said:
        done = subprocess.run(
            self._program(arguments),
            env={**self._environment, **environment},
            cwd=self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def begun(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """One that doesn't end by itself; Ctrl-C ends it."""
        process = subprocess.Popen(
            self._program(arguments),
            env=self._environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)

    @contextmanager
    def in_terminal(self, *arguments: str) -> Iterator["Terminal"]:
        control, side = pty.openpty()
        ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        process = subprocess.Popen(
            self._program(arguments),
            env={**self._environment, "TERM": "xterm-256color"},
            cwd=self.home,
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(side)
        try:
            yield Terminal(control, process)
        finally:
            process.kill()
            process.wait()
            os.close(control)

    def write(self, name: str, text: str) -> str:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def _program(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "runfold.client", *arguments]


class Terminal:
    """What is on its screen, and the keyboard before it."""

    def __init__(self, control: int, process: "subprocess.Popen[bytes]") -> None:
        self._control, self._process = control, process
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def type(self, keys: str) -> None:
        os.write(self._control, keys.encode())

    def shows(self, text: str) -> None:
        """Returns once it does; an AssertionError with the screen when it never comes."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen():
            assert time.monotonic() < deadline and self._read(deadline), (
                f"{text!r} isn't there:\n{self.seen()}"
            )

    def asks(self, question: str) -> None:
        """Returns once it shows that and the cursor stands behind it: what is typed sooner is shown in between."""
        self.shows(question)
        deadline = time.monotonic() + PATIENCE
        while not self._screen.display[self._screen.cursor.y][: self._screen.cursor.x].endswith(
            f"{question} "
        ):
            assert time.monotonic() < deadline and self._read(deadline), f"no cursor:\n{self.seen()}"

    def ended(self) -> int:
        """The exit status, once all that it wrote is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self._process.wait(timeout=PATIENCE)

    def seen(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip() + "\n"

    def _read(self, deadline: float) -> bool:
        """False at the end."""
        ready, _, _ = select.select([self._control], [], [], max(0.0, deadline - time.monotonic()))
        try:
            read = os.read(self._control, 65536) if ready else b""
        except OSError:  # EIO: nobody has the other side any more
            return False
        self._stream.feed(read)
        return bool(read)


def _own_terminal() -> None:
    """Standard input is the session's controlling terminal, so that Ctrl-C is a signal."""
    ioctl(0, termios.TIOCSCTTY, 0)
