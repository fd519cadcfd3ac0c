"""The five services as processes of this machine, each replica by `python -m runfold.<service>`."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import partial

from infra.distributed.installation import Installation, service_of
from infra.testservers.program import Program


class Services:
    """The processes of one installation; each may be stopped, killed and started alone. Logs lie in its directory."""

    def __init__(
        self, installation: Installation, extra: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        installation.directory.mkdir(parents=True, exist_ok=True)
        self.installation = installation
        self._extra = extra or {}
        self._programs = {name: Program(installation.directory, name) for name in installation.names}

    def start(self, *names: str, ready_within: float = 120) -> None:
        """Starts `names`, or all, and returns when they are ready; raises StartFailed with the last lines of a log."""
        for name in names or self.installation.names:
            self.launch(name)
        self.await_ready(*names, within=ready_within)

    def await_ready(self, *names: str, within: float = 120) -> None:
        """Returns when `names`, or all, are ready; raises StartFailed with the last lines of a log."""
        for name in names or self.installation.names:
            self._programs[name].await_ready(partial(self.ready, name), within)

    def await_unready(self, *names: str, within: float = 120) -> None:
        """Returns when all of `names` say that they can't do their work; raises StartFailed when one never does."""
        for name in names:
            self._programs[name].await_ready(partial(self._unready, name), within)

    def launch(
        self, name: str, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Starts `name` without waiting for it; `environment` goes before what else it is told."""
        told = {
            **self.installation.environment(name, os.environ),
            **self._extra.get(name, {}),
            **(environment or {}),
        }
        default = [sys.executable, "-m", f"runfold.{service_of(name)}"]
        self._programs[name].start(command or default, told, inherit=False)

    def stop(self, *names: str) -> None:
        """SIGTERM to `names`, or to all: whoever depends on others first."""
        for name in names or reversed(self.installation.names):
            self._programs[name].stop()

    def kill(self, *names: str) -> None:
        """SIGKILL to `names`, or to all."""
        for name in names or self.installation.names:
            self._programs[name].kill()

    def pause(self, name: str) -> None:
        """Freezes `name`."""
        self._programs[name].pause()

    def resume(self, name: str) -> None:
        """Ends what `pause` began."""
        self._programs[name].resume()

    def running(self, name: str) -> bool:
        """Whether the process of `name` lives."""
        return self._programs[name].running

    def ready(self, name: str) -> bool:
        """Whether `name` says that it can do its work."""
        url = f"http://127.0.0.1:{self.installation.health_ports[name]}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _unready(self, name: str) -> bool:
        return not self.ready(name)

    def log(self, name: str) -> str:
        """What `name` has written so far."""
        file = self.installation.directory / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""
