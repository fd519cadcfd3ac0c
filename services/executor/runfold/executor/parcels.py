"""The files of a job, fetched before it starts."""

import asyncio
from collections.abc import Awaitable, Callable

from runfold.contracts.executor import Assignment, Parcel
from runfold.executor.runtime import StartFailed

#: Raises StartFailed, RuntimeUnavailable.
Fetch = Callable[[Parcel], Awaitable[bytes]]


async def no_parcels(_: Parcel) -> bytes:
    """Of a runtime that nobody gives any."""
    raise StartFailed("executor_error", "the files of the job can't be had here")


async def fetched(assignment: Assignment, fetch: Fetch) -> list[tuple[bytes, str]]:
    """Each archive with the path that it is for. Raises StartFailed, RuntimeUnavailable."""
    found = await asyncio.gather(*(fetch(parcel) for parcel in assignment.parcels))
    archives = {parcel.archive_id: data for parcel, data in zip(assignment.parcels, found, strict=True)}
    return [(archives[each.archive_id], each.path) for each in assignment.spec.files]
