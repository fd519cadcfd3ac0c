"""`runfold up` as a child process, as a user starts it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from infra.testservers.program import free_ports
from tests.end_to_end.client import Client

TOKEN = "a-token-for-tests"


class Embedded:
    """One data directory and the server over it, which may be killed and started again."""

    def __init__(
        self,
        directory: Path,
        *,
        runtime: str = "process",
        environment: Mapping[str, str] | None = None,
        program: tuple[str, ...] = ("runfold.client", "up"),
    ) -> None:
        """`program`: a module that is started, and what comes before its options."""
        self.directory = directory
        self.port = free_port()
        self._runtime, self._program = runtime, program
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log = directory.parent / f"{directory.name}.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def health_url(self) -> str:
        """Where it was told to serve its health port."""
        return f"http://127.0.0.1:{self._environment['RUNFOLD_HEALTH_PORT']}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def memory(self) -> int:
        """Bytes that the process has resident."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def start(self) -> Client:
        """Returns once it answers; raises with its log when it ends instead."""
        up = self.launch()
        if not up.wait(timeout=120) or self.ended:
            raise AssertionError(f"runfold up is not up:\n{self.log()}")
        return Client(self.url, TOKEN)

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def launch(self) -> threading.Event:
        """Set once it answers, or has ended."""
        command = [
            *(sys.executable, "-m", *self._program),
            *("--port", str(self.port), "--data-dir", str(self.directory)),
            *("--admin-token", TOKEN, "--runtime", self._runtime),
        ]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RUNFOLD_")}
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, **self._environment},
        )
        up = threading.Event()
        threading.Thread(target=self._read, args=(self._process, up), daemon=True).start()
        return up

    def kill(self) -> None:
        """As a power cut: nothing gets to say goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _read(self, process: subprocess.Popen[bytes], up: threading.Event) -> None:
        """Keeps what it prints, and tells when it says that it is up, or ends."""
        assert process.stdout is not None
        with process.stdout as lines, self._log.open("ab", buffering=0) as log:
            for line in lines:
                log.write(line)
                if line.startswith(b"Try:"):
                    up.set()
        up.set()


def free_port() -> int:
    return free_ports(1)[0]
