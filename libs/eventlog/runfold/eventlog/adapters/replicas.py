"""The replicas of the log service: which one answers, and whom to ask next."""

import asyncio
from io import BytesIO
from random import Random

import aiohttp
import msgspec

from runfold.eventlog.port import EventLogError, Forbidden, Unavailable

_FIRST_PAUSE, _MOST_PAUSE = 0.05, 0.5
#: An array of outcomes comes with these too, when all of them are alike.
_OUTCOMES = (409, 413, 422)


class _Misdirected(msgspec.Struct):
    address: str | None = None


class Replicas:
    """Asks the last good one first, then the others in turn, until one answers or the deadline has passed."""

    def __init__(self, urls: list[str], token: str, answer_within: float, random: Random) -> None:
        if not urls:
            raise ValueError("the log service has no address")
        self._configured = [url.rstrip("/") for url in urls]
        self._urls = self._configured
        self._token, self._answer_within, self._random = token, answer_within, random
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, query: dict[str, str], deadline: float, extra: float = 0) -> bytes:
        """`extra`: seconds that the service was asked to take."""
        return await self._ask("GET", path, query, None, deadline, extra)

    async def post(self, path: str, body: bytes, deadline: float) -> bytes:
        return await self._ask("POST", path, {}, body, deadline, 0)

    async def ask(self, method: str, path: str, deadline: float, body: bytes | None = None) -> bytes:
        """For a method that may be repeated."""
        return await self._ask(method, path, {}, body, deadline, 0)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self, method: str, path: str, query: dict[str, str], body: bytes | None, deadline: float, extra: float
    ) -> bytes:
        loop = asyncio.get_running_loop()
        pause, asked, reason = _FIRST_PAUSE, 0, "no time left"
        while (left := deadline - loop.time()) > 0:
            url = self._urls[0]
            try:
                async with asyncio.timeout(min(left, self._answer_within + extra)):
                    return await self._one(method, url + path, query, body)
            except (aiohttp.ClientError, TimeoutError, OSError, Unavailable) as error:
                reason = f"{url}: {str(error) or type(error).__name__}"
                self._leave(url, error)
            asked += 1
            if asked % len(self._urls) == 0:
                await asyncio.sleep(pause * self._random.uniform(0.5, 1))
                pause = min(pause * 2, _MOST_PAUSE)
        raise Unavailable(f"the log service does not answer: {reason}")

    async def _one(self, method: str, url: str, query: dict[str, str], body: bytes | None) -> bytes:
        # As a file, aiohttp sends it piece by piece.
        data = None if body is None else BytesIO(body)
        async with self._open().request(method, url, params=query, data=data) as response:
            answer = await response.read()
        if response.ok or (response.status in _OUTCOMES and answer.startswith(b"[")):
            return answer
        if response.status in (401, 403):
            raise Forbidden(f"{url} does not take this service's token: {response.status}")
        if response.status == 421:
            raise _Elsewhere(msgspec.json.decode(answer, type=_Misdirected).address)
        if response.status < 500:
            raise EventLogError(f"{url} answers {response.status}: {answer[:200].decode(errors='replace')}")
        raise Unavailable(f"answered {response.status}")

    def _leave(self, url: str, error: Exception) -> None:
        """Unless another request has left it already."""
        if self._urls[0] != url:
            return
        if isinstance(error, _Elsewhere) and error.address:
            address = error.address.rstrip("/")
            self._urls = [address, *(other for other in self._configured if other != address)]
        else:
            self._urls = [*self._urls[1:], url]

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._token}"},
                connector=aiohttp.TCPConnector(limit=32),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


class Remote:
    """What stands behind `urls`, the base URLs of the log service's replicas.

    `answer_within`: seconds after which the next replica is asked, with the same append id where it is an append.
    `patience`: seconds after which it raises Unavailable.
    """

    def __init__(
        self, urls: list[str], token: str, *, answer_within: float = 2.0, patience: float = 10.0
    ) -> None:
        self._replicas = Replicas(urls, token, answer_within, Random())
        self._patience = patience

    async def close(self) -> None:
        await self._replicas.close()

    def _deadline(self) -> float:
        """Until when an answer that is asked for now is waited for, in the event loop's time."""
        return asyncio.get_running_loop().time() + self._patience


class _Elsewhere(Unavailable):
    """This replica isn't the active one."""

    def __init__(self, address: str | None) -> None:
        super().__init__("not the active replica")
        self.address = address
