"""The files and the repo of a job, had before it starts."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import BinaryIO

from runfold.contracts.executor import Assignment, Parcel
from runfold.executor import repos
from runfold.executor.runtime import StartFailed

#: Raises StartFailed, RuntimeUnavailable.
Fetch = Callable[[Parcel], Awaitable[bytes]]


async def no_parcels(_: Parcel) -> bytes:
    """Of a runtime that nobody gives any."""
    raise StartFailed("executor_error", "the files of the job can't be had here")


@asynccontextmanager
async def belongings(
    assignment: Assignment, fetch: Fetch, *, occupied: bool = False
) -> AsyncIterator[list[tuple[BinaryIO, str]]]:
    """Tar archives, each with the path that its one top entry becomes: the repo first, and files over it.

    `occupied`: something is where the repo is to be. Raises StartFailed, RuntimeUnavailable.
    """
    found = await asyncio.gather(*(fetch(parcel) for parcel in assignment.parcels))
    archives = {parcel.archive_id: data for parcel, data in zip(assignment.parcels, found, strict=True)}
    spec = assignment.spec
    files: list[tuple[BinaryIO, str]] = [
        (io.BytesIO(archives[each.archive_id]), each.path) for each in spec.files
    ]
    if occupied and spec.repo is not None and not spec.repo.may_be_there:
        raise StartFailed(
            "executor_error", f"{spec.repo.path} is not empty, so the repo is not cloned into it"
        )
    with ExitStack() as kept:
        if spec.repo is not None and not occupied:
            patch = archives[spec.repo.patch] if spec.repo.patch else None
            cloned = kept.enter_context(await repos.clone(spec.repo, patch, repos.Credentials.of(assignment)))
            files.insert(0, (cloned, spec.repo.path))
        yield files
