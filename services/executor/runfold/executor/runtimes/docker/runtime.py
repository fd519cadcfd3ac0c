"""The docker runtime: containers by their names, adopted by whoever comes next."""

import asyncio
import io
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment
from runfold.executor import repos
from runfold.executor.lease import CUT_OFF, Leash
from runfold.executor.parcels import Fetch, belongings, no_parcels
from runfold.executor.runtime import (
    NOT_RUNNING,
    Ended,
    Interrupted,
    OnPull,
    RuntimeUnavailable,
    Started,
    StartFailed,
    Unreachable,
    Usage,
)
from runfold.executor.runtimes.archives import together
from runfold.executor.runtimes.docker import inside, options, sessions
from runfold.executor.runtimes.docker.engine import WATCHED, Engine
from runfold.executor.runtimes.docker.guard import Guard
from runfold.executor.runtimes.docker.images import Images
from runfold.executor.runtimes.docker.sessions import DockerSession
from runfold.executor.runtimes.docker.spool import Spool
from runfold.executor.runtimes.docker.usage import usage_of
from runfold.executor.runtimes.docker.watch import Watch, micros
from runfold.executor.runtimes.tail import Awakener, Tail
from runfold.executor.runtimes.tcp import TcpSession
from runfold.service.logging import get_logger

_LOOK = 64 * 1024  #: bytes of a directory that tell whether it has something in it

_log = get_logger("runfold.executor")


@dataclass(slots=True)
class _Container:
    """A container that this executor watches."""

    tail: Tail
    watch: Watch
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self, watching: "asyncio.Future[None]") -> None:
        if not watching.cancelled() and (error := watching.exception()):
            _log.error("a container's watch failed", exc_info=error)
        self.tail.close()
        self.over.set()


class DockerRuntime:
    """Containers of the engine at `url`, their output under `directory`."""

    name = "docker"

    def __init__(
        self,
        directory: Path,
        *,
        url: str | None = None,
        default_image: str | None = None,
        allow_privileged: bool = False,
        allow_mounts: Sequence[Path] = (),
        output_limit: int,
        leash: Leash | None = None,
        fetch: Fetch = no_parcels,
    ) -> None:
        """`url` None is DOCKER_HOST, else the usual socket. `output_limit` in bytes a job and hour.

        Without a `leash` nothing is taken that is to stop where its host is cut off.
        """
        self._root = directory
        self._default_image = default_image
        self._allow_privileged, self._allow_mounts = allow_privileged, tuple(allow_mounts)
        self._output_limit = output_limit
        self._parcel = fetch
        self._engine = Engine(url)
        self._leash = leash
        self._guard = Guard(leash.heartbeat, self._engine.url, directory) if leash else None
        self._images = Images(self._engine)
        self._containers: dict[str, _Container] = {}
        self._stops: dict[str, int | None] = {}
        self._stopped: dict[str, asyncio.Event] = {}  # of those that are being created
        self._killers: dict[str, asyncio.Task[None]] = {}
        self._has_default = False
        self._fetching: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._fetching.set_result(None)

    async def probe(self) -> bool:
        if not await self._engine.answers():
            return False
        if self._guard is not None:
            self._guard.remain()
        if self._default_image and not self._has_default and self._fetching.done():
            self._has_default = await self._is_here(self._default_image)
            if not self._has_default:
                self._fetching = asyncio.ensure_future(self._fetch(self._default_image))
        return True

    def refusal(self, assignment: Assignment) -> str | None:
        if len(self._containers) >= WATCHED:
            return f"{WATCHED} containers are here, as many as one executor follows"
        if assignment.stop_after is not None and self._leash is None:
            return "stop_after: this runtime has no leash"
        default = self._default_image if self._has_default else None
        return repos.refusal(assignment.spec.repo) or options.refusal(
            assignment, default, self._allow_privileged, self._allow_mounts
        )

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        from docker.errors import APIError

        attempt_id = assignment.attempt_id
        found = await self._find(attempt_id)
        if found is None and not create:
            self._follow(attempt_id)
            raise Interrupted("its container is gone")
        try:
            found = found or await self._create(assignment, on_pull)
            if found["State"]["Status"] == "created":
                await self._give_files(assignment, found)
                await self._run(assignment)
            self._be_guarded(assignment)
        except APIError as error:
            raise _failure(error) from error
        self._follow(attempt_id)
        if attempt_id in self._stops:
            await self.stop(attempt_id, self._stops[attempt_id])
        return _started(await self._find(attempt_id) or found)

    async def ended(self, attempt_id: str) -> Ended:
        container = self._containers[attempt_id]
        await container.over.wait()
        if container.watch.ended is None:
            if container.watch.closed:
                raise RuntimeUnavailable("this executor is ending")
            raise Interrupted("its container was removed; how it ended is unknown")
        return container.watch.ended

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        return await self._containers[attempt_id].tail.read(offset, limit)

    async def sample(self, attempt_id: str) -> Usage | None:
        from docker.errors import APIError

        name = options.name_of(attempt_id)
        try:
            return usage_of(
                await self._engine.call(lambda client: client.api.stats(name, stream=False, one_shot=True))
            )
        except APIError:
            return None  # it has ended, and may be gone

    async def execute(self, attempt_id: str, wanted: Execute) -> DockerSession:
        return await sessions.begin(self._engine, options.name_of(attempt_id), wanted)

    async def dial(self, attempt_id: str, port: int) -> TcpSession:
        found = await self._find(attempt_id)
        if found is None:
            raise Unreachable(NOT_RUNNING)
        return await inside.dial(found, port)

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        self._stops[attempt_id] = grace
        if stopped := self._stopped.get(attempt_id):
            stopped.set()
        if attempt_id not in self._containers:
            return
        await self._signal(attempt_id, "SIGKILL" if grace == 0 else "SIGTERM")
        self._spare(attempt_id)
        if grace:
            self._killers[attempt_id] = asyncio.create_task(self._kill_after(attempt_id, grace))

    async def remove(self, attempt_id: str) -> None:
        from docker.errors import APIError, NotFound

        try:
            await self._engine.call(
                lambda client: client.api.remove_container(options.name_of(attempt_id), v=True, force=True)
            )
        except NotFound:
            pass
        except APIError as error:
            raise RuntimeUnavailable(f"the container can't be removed: {error.explanation}") from error
        self._stops.pop(attempt_id, None)
        self._spare(attempt_id)
        if container := self._containers.pop(attempt_id, None):
            container.watch.close()
            await container.over.wait()
        self._spool(attempt_id).remove()

    async def close(self) -> None:
        for attempt_id in list(self._killers):
            self._spare(attempt_id)
        self._fetching.cancel()
        for container in self._containers.values():
            container.watch.close()
        for container in self._containers.values():
            await container.over.wait()
        self._engine.close()

    async def _find(self, attempt_id: str) -> dict[str, Any] | None:
        from docker.errors import NotFound

        try:
            return await self._engine.call(
                lambda client: client.api.inspect_container(options.name_of(attempt_id))
            )
        except NotFound:
            return None

    async def _create(self, assignment: Assignment, on_pull: OnPull) -> dict[str, Any]:
        image = assignment.spec.image or self._default_image
        if image is None:
            raise StartFailed("creating_container_error", "a container needs an image")
        attempt_id = assignment.attempt_id
        stopped = self._stopped[attempt_id] = asyncio.Event()
        try:
            if attempt_id not in self._stops:
                await self._images.ensure(image, _auth(assignment), on_pull, stopped)
        finally:
            del self._stopped[attempt_id]
        if attempt_id in self._stops:
            raise StartFailed("terminated_by_server", "stopped before it started")
        return await self._make(
            attempt_id,
            options.container(
                assignment, image, self._leash.heartbeat if self._leash else None, self._allow_mounts
            ),
        )

    async def _make(self, attempt_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Of a name that is taken: an earlier try ran out of time here, and not in the engine, so that is adopted."""
        from docker.errors import APIError

        try:
            made = await self._engine.call(
                lambda client: client.containers.create(log_config=dict(options.LOG_DRIVER), **arguments)
            )
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise
            if found := await self._find(attempt_id):
                return found
            # A name is taken from when the engine begins to make a container, which it shows once it's made.
            raise RuntimeUnavailable("its container is still being made") from error
        attributes: dict[str, Any] = made.attrs
        return attributes

    async def _give_files(self, assignment: Assignment, found: dict[str, Any]) -> None:
        """Into a container that hasn't started; the same again where an earlier try didn't get to starting it."""
        spec, name = assignment.spec, options.name_of(assignment.attempt_id)
        if not spec.files and spec.repo is None:
            return
        base, owner = found["Config"]["WorkingDir"] or "/", options.numbers(spec.user)
        occupied = spec.repo is not None and await self._holds(name, str(options.place(spec.repo.path, base)))
        async with belongings(assignment, self._parcel, occupied=occupied) as archives:
            placed = [(each, options.place(path, base)) for each, path in archives]
            await self._engine.call(lambda client: _put(client, name, placed, owner))

    async def _holds(self, name: str, path: str) -> bool:
        """Whether the container has a file there, or a directory with something in it."""
        from docker.errors import NotFound

        try:
            return await self._engine.call(lambda client: _is_full(client, name, path))
        except NotFound:
            return False

    async def _run(self, assignment: Assignment) -> None:
        attempt_id = assignment.attempt_id
        if attempt_id in self._stops:
            raise StartFailed("terminated_by_server", "stopped before it started")
        self._be_guarded(assignment)
        if self._leash is not None and not self._leash.holds(assignment):
            raise RuntimeUnavailable(CUT_OFF)
        await self._engine.call(lambda client: client.api.start(options.name_of(attempt_id)))

    def _be_guarded(self, assignment: Assignment) -> None:
        """Also after it has begun: a watchdog that found nothing may just have ended."""
        if assignment.stop_after is not None and self._guard is not None:
            self._guard.be_there()

    def _follow(self, attempt_id: str) -> None:
        spool = self._spool(attempt_id)
        tail = Tail(spool.read)
        watch = Watch(options.name_of(attempt_id), self._engine, spool, Awakener(tail.grew))
        container = self._containers[attempt_id] = _Container(tail, watch)
        self._engine.watch(watch.run).add_done_callback(container.finish)

    async def _signal(self, attempt_id: str, signal: str) -> None:
        from docker.errors import APIError

        try:
            await self._engine.call(
                lambda client: client.api.kill(options.name_of(attempt_id), signal=signal)
            )
        except APIError:
            return  # it has ended, which its watch sees

    def _spare(self, attempt_id: str) -> None:
        if killer := self._killers.pop(attempt_id, None):
            killer.cancel()

    async def _kill_after(self, attempt_id: str, grace: int) -> None:
        await asyncio.sleep(grace)
        while True:
            try:
                return await self._signal(attempt_id, "SIGKILL")
            except RuntimeUnavailable:
                await asyncio.sleep(1)

    async def _is_here(self, image: str) -> bool:
        try:
            return await self._images.has(image)
        except (StartFailed, RuntimeUnavailable):
            return False

    async def _fetch(self, image: str) -> None:
        try:
            await self._images.ensure(image, None, lambda _: None, asyncio.Event())
        except (StartFailed, RuntimeUnavailable):
            return
        self._has_default = True

    def _spool(self, attempt_id: str) -> Spool:
        return Spool(self._root / attempt_id, self._output_limit)


def _started(found: dict[str, Any]) -> Started:
    ports = found["NetworkSettings"]["Ports"] or {}
    return Started(
        micros(found["State"]["StartedAt"]),
        {int(name.partition("/")[0]): int(bound[0]["HostPort"]) for name, bound in ports.items() if bound},
    )


def _put(
    client: Any, name: str, placed: list[tuple[BinaryIO, PurePosixPath]], owner: tuple[int, int]
) -> None:
    with tempfile.TemporaryFile() as tar:
        together(placed, tar, *owner)
        client.api.put_archive(name, "/", tar)


def _is_full(client: Any, name: str, path: str) -> bool:
    pieces, _ = client.api.get_archive(name, path, chunk_size=_LOOK)
    with closing(pieces):
        begins = io.BytesIO(next(pieces, b"") + bytes(tarfile.BLOCKSIZE))
    with tarfile.open(fileobj=begins, mode="r:") as tar:
        first, second = tar.next(), tar.next()
    return (first is not None and not first.isdir()) or second is not None


def _failure(error: Any) -> StartFailed:
    """From the SDK's APIError."""
    text = str(error.explanation or error)
    reason = "ports_binding_failed" if "port is already" in text else "creating_container_error"
    return StartFailed(reason, text)


def _auth(assignment: Assignment) -> dict[str, str] | None:
    auth = assignment.spec.registry_auth
    if auth is None:
        return None
    return {"username": auth.username, "password": assignment.registry_password or ""}
