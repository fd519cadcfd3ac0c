"""Archives from a gateway, by the tickets that come with an assignment."""

import asyncio
from http import HTTPStatus

import aiohttp

from runfold.contracts.executor import Parcel
from runfold.executor.runtime import RuntimeUnavailable, StartFailed

PATIENCE = 60.0  #: seconds for one archive
MOST_BYTES = 8 * 1024 * 1024


async def fetch(parcel: Parcel) -> bytes:
    """Raises StartFailed where it is gone for good, RuntimeUnavailable where it may be had later."""
    trusted = aiohttp.Fingerprint(bytes.fromhex(parcel.fingerprint)) if parcel.fingerprint else True
    try:
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as session,
            session.get(parcel.url, ssl=trusted) as answer,
        ):
            if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                raise StartFailed("executor_error", "the files of the job are gone")
            answer.raise_for_status()
            return await _read(answer)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise RuntimeUnavailable(
            f"the files of the job can't be fetched: {str(error) or 'it takes too long'}"
        ) from error


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    data = await answer.content.read(MOST_BYTES + 1)
    while len(data) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
        data += more
    if len(data) > MOST_BYTES:
        raise StartFailed("executor_error", f"an archive of the job is larger than {MOST_BYTES} bytes")
    return data
