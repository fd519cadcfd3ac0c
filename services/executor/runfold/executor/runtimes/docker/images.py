"""Images: a local one is used as it is, another is pulled, told in sentences."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.docker.engine import Engine

MB = 1_000_000
#: Seconds between two sentences.
PACE = 1.0


class Images:
    """One pull an image at a time; who wants the same one waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._locks: dict[str, asyncio.Lock] = {}

    async def ensure(
        self,
        image: str,
        auth: dict[str, str] | None,
        told: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> None:
        """`told` hears how far it is. Raises StartFailed when there's no such image, or once it is `stopped`."""
        if await self.has(image):
            return
        async with self._locks.setdefault(image, asyncio.Lock()):
            if not await self.has(image):
                told(f"pulling {image}")
                await self._pull(image, auth, told, stopped)

    async def has(self, image: str) -> bool:
        from docker.errors import APIError, ImageNotFound

        try:
            await self._engine.call(lambda client: client.api.inspect_image(image))
        except ImageNotFound:
            return False
        except APIError as error:
            raise _no_image(image, error) from error
        return True

    async def _pull(
        self,
        image: str,
        auth: dict[str, str] | None,
        told: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> None:
        from docker.errors import APIError
        from docker.utils import parse_repository_tag

        loop = asyncio.get_running_loop()
        repository, tag = parse_repository_tag(image)

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(told, text)

        progress = Progress(image, tell, loop.time)

        def pull(client: Any) -> None:
            try:
                lines = client.api.pull(
                    repository, tag or "latest", stream=True, decode=True, auth_config=auth
                )
            except APIError as error:
                # Also where the engine calls it its own failure: the registry doesn't answer.
                raise _no_image(image, error) from error
            progress.follow(lines, stopped)

        await self._engine.pull(pull)


def _no_image(image: str, error: Any) -> StartFailed:
    """From the SDK's APIError."""
    return StartFailed("creating_container_error", f"image {image}: {error.explanation}")


class Progress:
    """What the engine says while it pulls."""

    def __init__(self, image: str, told: Callable[[str], None], time: Callable[[], float]) -> None:
        self._image = image
        self._told = told
        self._time = time
        self._last = time()
        self._layers: dict[str, tuple[int, int]] = {}

    def follow(self, lines: Iterable[dict[str, Any]], stopped: Callable[[], bool]) -> None:
        """In a thread. Raises StartFailed for what the engine says went wrong."""
        failure: StartFailed | None = None
        for line in lines:
            if stopped():
                raise StartFailed("terminated_by_server", "stopped while its image was pulled")
            if "error" in line:
                failure = StartFailed("creating_container_error", f"image {self._image}: {line['error']}")
            self._note(line)
        if failure:
            raise failure

    def _note(self, line: dict[str, Any]) -> None:
        detail = line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and detail.get("total"):
            self._layers[str(line.get("id"))] = (int(detail["current"]), int(detail["total"]))
        now = self._time()
        if self._layers and now - self._last >= PACE:
            self._last = now
            done, whole = (sum(amounts) / MB for amounts in zip(*self._layers.values(), strict=True))
            self._told(f"pulling {self._image}: {done:.1f} of {whole:.1f} MB")
