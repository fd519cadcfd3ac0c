"""An executor as a process of its own, which tests kill."""

import os
import subprocess
import sys
from pathlib import Path


class ExecutorProcess:
    """Its log goes to a file beside its data, so that a failing test can show it."""

    def __init__(self, data: Path, amqp_url: str, **settings: str) -> None:
        self._data = data
        self._log = data.with_suffix(".log")
        self._environment = {
            **os.environ,
            "RUNFOLD_AMQP_URL": amqp_url,
            "RUNFOLD_EXECUTOR_DATA_DIR": str(data),
            "RUNFOLD_HEALTH_PORT": "0",
            "RUNFOLD_LOG_FORMAT": "json",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runfold.executor"], env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """As a crash: it gets no word of it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def log(self) -> str:
        return self._log.read_text()
