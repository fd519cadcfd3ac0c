"""The Docker SDK in bounded pools of threads, and its errors as this runtime's."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, TypeVar

from runfold.executor.runtime import RuntimeUnavailable

T = TypeVar("T")
#: The SDK's DockerClient, whose published types lack half of what is used here.
Client = Any

CALLS = 16  #: short calls at once
PULLS = 8  #: pulls at once: they may take hours, and no short call waits for one
WATCHED = 128  #: containers whose output is followed at once, each by a thread
_DEFAULT = "unix:///var/run/docker.sock"
_PING = 3.0  #: seconds


def address(url: str | None) -> str:
    """Where the engine is looked for: None is DOCKER_HOST, else the usual socket."""
    return url or os.environ.get("DOCKER_HOST") or _DEFAULT


class Engine:
    """One engine. The SDK is imported, and a client made, when something is first asked of it."""

    def __init__(self, url: str | None) -> None:
        self.url = address(url)
        self._calls = ThreadPoolExecutor(CALLS, thread_name_prefix="docker")
        self._pulls = ThreadPoolExecutor(PULLS, thread_name_prefix="docker-pull")
        self._watchers = ThreadPoolExecutor(WATCHED, thread_name_prefix="docker-watch")
        self._client: Client = None
        self._lock = threading.Lock()

    async def answers(self) -> bool:
        try:
            self._knock()
            async with asyncio.timeout(_PING):
                await self.call(lambda client: client.ping())
        except (RuntimeUnavailable, TimeoutError):
            return False
        return True

    async def call(self, ask: Callable[[Client], T]) -> T:
        """Raises RuntimeUnavailable when the engine is away, and the SDK's APIError for what it refuses."""
        return await asyncio.get_running_loop().run_in_executor(self._calls, lambda: self.ask(ask))

    async def pull(self, ask: Callable[[Client], T]) -> T:
        """As `call`, for what takes long."""
        return await asyncio.get_running_loop().run_in_executor(self._pulls, lambda: self.ask(ask))

    def ask(self, ask: Callable[[Client], T]) -> T:
        """As `call`, in a thread of the caller's."""
        self._knock()
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException

        try:
            return ask(self.client())
        except APIError as error:
            if error.is_server_error() and not _is_about_the_job(error):
                raise RuntimeUnavailable(f"the container engine failed: {error.explanation}") from error
            raise
        except (DockerException, RequestException, OSError) as error:
            raise RuntimeUnavailable(f"the container engine doesn't answer: {error}") from error

    def watch(self, work: Callable[[], None]) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().run_in_executor(self._watchers, work)

    def logs(self, name: str, since: int | None, *, follow: bool) -> "Frames":
        """Frames of output, each after its time and a space; where it's to `follow`, they end with the container.

        `since` in seconds.
        """
        more: dict[str, Any] = {"since": since} if since else {}
        return Frames(
            self.ask(
                lambda client: client.api.logs(name, stream=True, follow=follow, timestamps=True, **more)
            )
        )

    def client(self) -> Client:
        with self._lock:
            if self._client is None:
                import docker

                self._client = docker.DockerClient(
                    base_url=self.url, max_pool_size=CALLS + PULLS + WATCHED, timeout=60
                )
            return self._client

    def _knock(self) -> None:
        """Asked first: importing the SDK takes longer than all else of a start without Docker, and where nobody
        listens it leaves its sockets to the garbage collector."""
        path = self.url.removeprefix("unix://")
        if path == self.url:
            return
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as door:
            try:
                door.connect(path)
            except OSError as error:
                raise RuntimeUnavailable(f"no container engine at {self.url}: {error.strerror}") from error

    def close(self) -> None:
        self._calls.shutdown(wait=False)
        self._pulls.shutdown(wait=False)
        self._watchers.shutdown(wait=False)
        if self._client:
            self._client.close()


class Frames:
    """The SDK's stream of frames, which one thread reads and another may cut off."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Generator[bytes, None, None]:
        try:
            yield from self._stream
        finally:
            # The SDK leaves that to the garbage collector.
            self._stream._response.close()

    def cut(self) -> None:
        with suppress(Exception):  # it may have ended by itself
            self._stream.close()


def _is_about_the_job(error: Any) -> bool:
    """The engine answers 500 also where a command can't be executed or a port is taken."""
    text = str(error.explanation)
    return any(hint in text for hint in ("OCI runtime", "oci runtime", "runc", "port is already", "bind"))
