"""Stops containers whose host was cut off for too long, whoever else may be there or not (PROTOCOL.md, Silence).

The docker runtime runs this file as a program in a session of its own, one for each executor, which it outlives. It
imports the standard library and nothing of Runfold. What it is to stop says so by its labels (`options.py`), and since
when the host wasn't heard, the heartbeat's file (`adapters/linux_host.py`). It ends once nothing is left to stop.
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from typing import Any
from urllib.parse import quote, urlsplit

#: Where the executor puts the locked file.
LOCK = 3
#: Seconds: between two looks at the heartbeat, between two at an engine while all is well, for one answer of it.
LOOK, REST, ANSWER = 1.0, 30.0, 10.0
#: Seconds until an engine that failed is asked again.
AGAIN = 5.0
#: Seconds for which an engine that is away is waited for.
PATIENCE = 3600.0
READINGS = 5
STOP_AFTER, STOP_GRACE, HEARTBEAT = "runfold.stop-after", "runfold.stop-after-grace", "runfold.heartbeat"
ATTEMPT = "runfold.attempt"


class Engine:
    """A connection for each call: who waits here for hours keeps none open."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def running(self, heartbeat: str) -> list[dict[str, Any]]:
        """Containers that hang on this heartbeat. Raises OSError or HTTPException, as all here."""
        filters = quote(json.dumps({"label": [STOP_AFTER, f"{HEARTBEAT}={heartbeat}"]}))
        return list(json.loads(self._call("GET", f"/containers/json?filters={filters}")))

    def kill(self, container: str, name: str) -> None:
        self._call("POST", f"/containers/{container}/kill?signal={name}")

    def _call(self, method: str, path: str) -> bytes:
        connection = _Local(self._url.path) if self._url.scheme == "unix" else self._remote()
        try:
            connection.request(method, path, headers={"Host": "engine"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        # 404 and 409: it has ended by itself.
        if answer.status >= 400 and answer.status not in (404, 409):
            raise OSError(f"{method} {path}: {answer.status} {body[:200]!r}")
        return body

    def _remote(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port or 2375, timeout=ANSWER)


class _Local(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=ANSWER)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER)
        self.sock.connect(self._path)


class Watchdog:
    def __init__(self, engine: Engine, heartbeat: str, boot_id: str, outputs: str, least: float) -> None:
        self._engine, self._outputs, self._least = engine, outputs, least
        self._heartbeat, self._boot_id = heartbeat, boot_id
        self._kills: dict[str, float] = {}  #: container -> when it is killed, if it is still there
        self._answered = self._rested = uptime()

    def run(self) -> None:
        """Returns when it isn't needed any more."""
        while True:
            time.sleep(LOOK)
            now = uptime()
            if self._late(now) < self._least and not self._kills and now - self._rested < REST:
                continue
            try:
                running = self._engine.running(self._heartbeat)
                self._answered = self._rested = now
                self._look(running)
            except (OSError, http.client.HTTPException, ValueError) as error:
                print(f"the engine: {error!r}", flush=True)
                if now - self._answered > PATIENCE:
                    return
                time.sleep(AGAIN)
                continue
            if not running and self._may_end():
                return

    def _look(self, running: list[dict[str, Any]]) -> None:
        there = {each["Id"] for each in running}
        self._kills = {id_: due for id_, due in self._kills.items() if id_ in there}
        for each in running:
            now, id_, labels = uptime(), each["Id"], each["Labels"]
            if id_ in self._kills:
                if now >= self._kills[id_]:
                    self._engine.kill(id_, "SIGKILL")
            elif self._late(now) >= int(labels[STOP_AFTER]):
                self._say(labels)
                self._engine.kill(id_, "SIGTERM")
                self._kills[id_] = now + int(labels[STOP_GRACE])

    def _say(self, labels: dict[str, str]) -> None:
        """Whoever finds it ended is to know why. Where that can't be written, it stops all the same."""
        attempt = labels.get(ATTEMPT, "")
        if not attempt.replace("-", "").isalnum():
            return
        path = os.path.join(self._outputs, attempt)
        try:
            os.makedirs(path, exist_ok=True)
            with open(os.path.join(path, "cut-off"), "w") as file:
                file.write(f"stopped by its host, which was cut off for {labels[STOP_AFTER]} s")
        except OSError as error:
            print(f"{path}: {error}", flush=True)

    def _late(self, now: float) -> float:
        """Seconds since the last answered inventory was sent."""
        return now - beaten(self._heartbeat, self._boot_id)

    def _may_end(self) -> bool:
        """An executor that begins a container now finds the lock free, or the container is found here."""
        fcntl.flock(LOCK, fcntl.LOCK_UN)
        if not self._engine.running(self._heartbeat):
            return True
        try:
            fcntl.flock(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True  # another one has it
        return False


def uptime() -> float:
    """Seconds since boot, those included in which the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def beaten(path: str, boot_id: str) -> float:
    """As `supervisor.heartbeat`, in seconds."""
    for _ in range(READINGS):
        try:
            with open(path, "rb", buffering=0) as file:
                words = file.read(200).decode().split()
        except OSError:
            return 0.0
        if len(words) == 3 and words[1] == words[2]:
            return int(words[1]) / 1e6 if words[0] == boot_id else 0.0
        time.sleep(0.001)
    return 0.0


def main(url: str, heartbeat: str, boot_id: str, outputs: str, least: str) -> None:
    # Whoever stops the executor's unit, or closes its terminal, doesn't stop this.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Watchdog(Engine(url), heartbeat, boot_id, outputs, float(least)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
