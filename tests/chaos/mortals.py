"""An installation whose services die at points, and are brought back, as an init system would, whatever they die of."""

import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from infra.distributed.installation import service_of
from infra.distributed.processes import Services
from tests.chaos.calls import Point, Situation
from tests.chaos.mortal import Fate

#: Seconds between looks whether a process has ended.
_LOOK = 0.05
#: Seconds that a process which was started again gets until it does its work.
_READY_WITHIN = 60.0


class Mortals:
    """All processes of `services`; each that has ended is started again, as long as this is entered."""

    def __init__(
        self, services: Services, environment: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """`environment`: what a process is told beyond its installation's, by name."""
        self.services = services
        self.deaths = 0
        self._names = services.installation.names
        self._environment = environment or {}
        self._directory = services.installation.directory
        self._fates = {name: Fate(self._directory, name) for name in self._names}
        self._over = threading.Event()
        #: Whoever ends a process isn't to meet who starts it again.
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._bring_back, name="bring back")

    def __enter__(self) -> Self:
        for name in self._names:
            self._launch(name)
        self.services.await_ready()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def seal(self, point: Point) -> None:
        """The service dies when it next gets to `point`; of a start or an end it's brought there."""
        service = point.call.service
        with self._turn:
            self._fates[service].seal(point)
            match point.call.situation:
                case Situation.START:
                    self.services.kill(service)
                case Situation.STOP:
                    self.services.stop(service)
                case Situation.WORK:
                    pass

    def died(self, point: Point) -> bool:
        """Whether it has got there."""
        return self._fates[point.call.service].met

    def lift(self, point: Point) -> None:
        """The service may live."""
        self._fates[point.call.service].lift()

    def await_death(self, point: Point, seconds: float) -> bool:
        """Whether it dies within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.died(point) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        return self.died(point)

    def await_ready(self) -> None:
        """Returns once all of them run and can do their work."""
        deadline = time.monotonic() + _READY_WITHIN
        while unready := [name for name in self._names if not self.services.ready(name)]:
            last = "\n".join(self.services.log(unready[0]).splitlines()[-15:])
            assert time.monotonic() < deadline, f"{unready} don't come back:\n{last}"
            time.sleep(_LOOK)

    def _bring_back(self) -> None:
        while not self._over.wait(_LOOK):
            with self._turn:
                for name in self._names:
                    if not self.services.running(name):
                        self.deaths += 1
                        self._launch(name)

    def _launch(self, name: str) -> None:
        command = [sys.executable, "-m", "tests.chaos.mortal", service_of(name), str(self._directory)]
        told = {"PYTHONPATH": str(_ROOT), **self._environment.get(name, {})}
        self.services.launch(name, command, told)


_ROOT = Path(__file__).parents[2]
