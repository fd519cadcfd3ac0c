"""dstack's own command line, unmodified, as a user has it: one home, and a server that the environment names."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.clients.installed import programs
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN

PATIENCE = 60  #: seconds for one command
#: Between two columns of a table.
_GAP = re.compile(r"\s{2,}")

#: Variables of the environment that are others than usual; None takes one away.
Settings = Mapping[str, str | None]
_NONE: Settings = {}


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code and what it printed."""

    status: int
    text: str

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def row(self, name: str) -> list[str]:
        """The cells of the table's line that begins with `name`; an AssertionError where there is none."""
        rows = [_GAP.split(line) for line in self.lines]
        found = [cells for cells in rows if cells[0] == name]
        assert found, f"no line begins with {name}:\n{self.text}"
        return found[-1]


class Begun:
    """A command that still runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", given: bytes) -> None:
        self._process, self._given, self._read = process, given, b""

    def until(self, text: str) -> None:
        """Returns once it has printed `text`; an AssertionError where it ends without."""
        assert self._process.stdout is not None
        while text.encode() not in self._read:
            line = self._process.stdout.readline()
            assert line, f"it ended without {text!r}:\n{self._read.decode()}"
            self._read += line

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> Ended:
        try:
            rest, _ = self._process.communicate(self._given, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        return Ended(self._process.returncode, (self._read + rest).decode())


class Dstack:
    """One user of the command line, whose configurations lie in the folder in which the commands run."""

    def __init__(self, home: Path, client: Client, settings: Settings = _NONE) -> None:
        self.home, self.client, self._settings = home, client, settings

    def __call__(self, line: str, *, given: str = "", settings: Settings = _NONE) -> Ended:
        """`dstack LINE`, with `given` at its standard input."""
        return self.begin(line, given=given, settings=settings).end()

    def together(self, *lines: str) -> list[Ended]:
        """Commands that need nothing of each other, at the same time: each costs seconds to start."""
        return [each.end() for each in [self.begin(line) for line in lines]]

    def begin(self, line: str, *, given: str = "", settings: Settings = _NONE) -> Begun:
        process = subprocess.Popen(
            [str(programs() / "dstack"), *shlex.split(line)],
            cwd=self.home,
            env=self._environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )
        return Begun(process, given.encode())

    def write(self, name: str, /, **configuration: Any) -> str:
        """A configuration; the name of its file."""
        (self.home / name).write_text(yaml.safe_dump(configuration, sort_keys=False))
        return name

    def task(self, name: str, /, *commands: str, **configuration: Any) -> str:
        return self.write(f"{name}.dstack.yml", type="task", name=name, commands=[*commands], **configuration)

    def ssh(self, name: str, command: str) -> Ended:
        """`ssh NAME COMMAND`, by what the command line wrote while it is attached."""
        config = str(self.home / ".dstack" / "ssh" / "config")
        done = subprocess.run(
            ["ssh", "-F", config, name, command],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def _environment(self, settings: Settings) -> dict[str, str]:
        usual = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "COLUMNS": "160",
            "DSTACK_SERVER_URL": self.client.url,
            "DSTACK_PROJECT": self.client.project,
            "DSTACK_TOKEN": TOKEN,
        }
        return {
            name: value
            for name, value in {**usual, **self._settings, **settings}.items()
            if value is not None
        }
