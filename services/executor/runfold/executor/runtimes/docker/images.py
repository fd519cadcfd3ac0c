"""Images: a local one is used as it is, another is pulled, told in sentences."""

import asyncio

from runfold.contracts.values import PullProgress
from runfold.executor.runtime import OnPull, RuntimeUnavailable, StartFailed
from runfold.executor.runtimes.docker.engine import Engine
from runfold.executor.runtimes.docker.pull import Pull, no_image


class Images:
    """One pull an image at a time; who wants the same one waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._locks: dict[str, asyncio.Lock] = {}

    async def ensure(
        self,
        image: str,
        auth: dict[str, str] | None,
        told: OnPull,
        stopped: asyncio.Event,
    ) -> None:
        """`told` hears how far it is. Raises StartFailed when there's no such image, or once it is `stopped`."""
        ensuring = asyncio.ensure_future(self._ensure(image, auth, told))
        stopping = asyncio.ensure_future(stopped.wait())
        try:
            await asyncio.wait([ensuring, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not ensuring.done():
                raise StartFailed("terminated_by_server", "stopped while its image was pulled")
            ensuring.result()
        finally:
            ensuring.cancel()
            stopping.cancel()
            await asyncio.gather(ensuring, stopping, return_exceptions=True)

    async def has(self, image: str) -> bool:
        from docker.errors import APIError, ImageNotFound

        try:
            await self._engine.call(lambda client: client.api.inspect_image(image))
        except ImageNotFound:
            return False
        except APIError as error:
            raise no_image(image, error.explanation) from error
        return True

    async def _ensure(self, image: str, auth: dict[str, str] | None, told: OnPull) -> None:
        if await self.has(image):
            return
        async with self._locks.setdefault(image, asyncio.Lock()):
            if not await self.has(image):
                told(PullProgress())
                await self._pull(image, auth, told)
                if not await self.has(image):
                    raise RuntimeUnavailable(f"the container engine ended the pull of {image} without a word")

    async def _pull(self, image: str, auth: dict[str, str] | None, told: OnPull) -> None:
        loop = asyncio.get_running_loop()

        def tell(progress: PullProgress) -> None:
            # Of one that was cut off, nobody wants to hear.
            loop.call_soon_threadsafe(lambda: None if pull.is_cut else told(progress))

        pull = Pull(image, auth, tell, loop.time)
        try:
            await self._engine.pull(pull.run)
        except asyncio.CancelledError:
            pull.cut()
            raise
