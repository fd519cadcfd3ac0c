"""One service as a process: settings, logs, telemetry, health port, start, and an end within a deadline."""

import asyncio
import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import uvloop

from runfold.service import logging, telemetry
from runfold.service.component import Component
from runfold.service.settings import ServiceSettings, SettingsError, load

S = TypeVar("S", bound=ServiceSettings)
Wire = Callable[[], Awaitable[Component]]

STOPPED, FAILED, USAGE, HUNG = 0, 1, 2, 3

#: Seconds past the deadline after which a process whose event loop is stuck is ended from below.
_LAST_RESORT = 2.0

_log = logging.get_logger("runfold.serve")


def main(name: str, settings: type[S], wire: Callable[[S], Awaitable[Component]]) -> NoReturn:
    """Runs service `name` until SIGTERM or SIGINT: what its `__main__` calls.

    Exit status: 0 stopped in time, 1 failed, 2 settings at fault, 3 something hung while stopping.
    """
    try:
        loaded = load(settings)
    except SettingsError as error:
        print(f"runfold {name}: {error}", file=sys.stderr)
        sys.exit(USAGE)
    logging.configure(name, level=loaded.log_level, form=loaded.log_format)
    sys.exit(run(name, loaded, lambda: wire(loaded)))


def run(name: str, settings: ServiceSettings, wire: Wire) -> int:
    """As `main`, with settings loaded and logs configured; the exit status."""
    relax_collector()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_until_signalled(name, settings, wire))
    except Exception as error:
        # The line says what is wrong; where it went wrong is for who asks.
        _log.error("ended by an error", error=told(error))
        _log.debug("where it was raised", exc_info=error)
        return FAILED


def relax_collector() -> None:
    """Looks for circles of garbage less often than every 700 objects, of which a single commit makes as many: what is
    folded stays, and going through it again and again took half of a replay."""
    gc.set_threshold(50_000, 20, 20)


async def serve(name: str, settings: ServiceSettings, wire: Wire, stop: asyncio.Event) -> int:
    """Runs one component until `stop` is set: STOPPED, or HUNG past the deadline. Raises what wire or start raised."""
    process = _Process(settings.stop_deadline)
    health = await _open_health_port(settings, process.not_ready)
    try:
        if await _unless(stop, process.start(wire)):
            _log.info("started", component=name)
            await stop.wait()
    except BaseException:
        await process.stop()
        raise
    else:
        _log.info("stopping", component=name)
        return STOPPED if await process.stop() else HUNG
    finally:
        await health()


def told(error: BaseException) -> str:
    """An exception in one line; a group by what is in it."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(told(inner) for inner in error.exceptions)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Process:
    """A component and the phase it is in."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._component: Component | None = None
        self._phase: str | None = "starting"

    def not_ready(self) -> str | None:
        reason = self._component.not_ready() if self._component is not None else None
        if self._phase is None:
            return reason
        # What keeps it from being started is worth more than that it isn't.
        return f"{self._phase}: {reason}" if reason else self._phase

    async def start(self, wire: Wire) -> None:
        self._component = await wire()
        await self._component.start()
        self._phase = None

    async def stop(self) -> bool:
        """False when it hung; then the log says where."""
        self._phase = "stopping"
        if self._component is None:
            return True
        stopping = asyncio.create_task(self._component.stop(), name="stop")
        # Not asyncio.timeout: a stop that swallows its cancellation would hang that, too.
        await asyncio.wait([stopping], timeout=self._deadline)
        if stopping.done():
            return _was_clean(stopping)
        _log.error("stop hung", seconds=self._deadline, waiting=_where_tasks_wait())
        return False


def _was_clean(stopping: "asyncio.Task[None]") -> bool:
    if not stopping.cancelled() and (error := stopping.exception()) is not None:
        _log.error("stop failed", error=told(error), exc_info=error)
    return True


async def _unless(stop: asyncio.Event, work: Awaitable[None]) -> bool:
    """Awaits `work`; a stop that comes meanwhile cancels it, and the answer is False."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait(), name="stop signal")
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return True
        return False
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait([working, stopping], timeout=1.0)


async def _open_health_port(
    settings: ServiceSettings, not_ready: Callable[[], str | None]
) -> Callable[[], Awaitable[None]]:
    """What it returns closes the port."""
    if settings.health_port is None:
        return _nothing
    from runfold.service.health import HealthPort

    port = HealthPort(settings.health_host, settings.health_port, not_ready)
    _log.info("health", address=f"http://{settings.health_host}:{await port.start()}")
    return port.stop


async def _nothing() -> None:
    pass


async def _until_signalled(name: str, settings: ServiceSettings, wire: Wire) -> int:
    stop = asyncio.Event()
    _stop_on_signals(stop, settings.stop_deadline)
    end_telemetry = telemetry.configure(name, settings.otlp_endpoint)
    status = await serve(name, settings, wire, stop)
    if status == HUNG:
        # asyncio.run would wait for the very tasks and threads that hang.
        os._exit(HUNG)
    end_telemetry()
    return status


def _stop_on_signals(stop: asyncio.Event, deadline: float) -> None:
    """The first signal asks for the end, a second takes it at once."""
    loop = asyncio.get_running_loop()

    asked = False

    def handle(number: int, _: object) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        # A stuck event loop never gets to the deadline, and the end of the process waits for threads: this ends it
        # then, and shows every thread's stack.
        faulthandler.dump_traceback_later(deadline + _LAST_RESORT, exit=True)
        loop.call_soon_threadsafe(stop.set)

    # Not loop.add_signal_handler, which a stuck event loop never calls.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _where_tasks_wait() -> list[str]:
    return sorted(_where(task) for task in asyncio.all_tasks() if task is not asyncio.current_task())


def _where(task: "asyncio.Task[object]") -> str:
    """A task's name and the innermost line of ours that it waits at."""
    stack = task.get_stack()
    if not stack:
        return task.get_name()
    code = stack[-1].f_code
    return f"{task.get_name()} at {os.path.basename(code.co_filename)}:{stack[-1].f_lineno} in {code.co_name}"
