"""Archives of users, made into one that is unpacked where their job will find its files."""

import tarfile
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import BinaryIO

from runfold.executor.runtime import StartFailed

#: Nothing that is a device, or that waits for somebody at its other end.
_KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)
MOST_ENTRIES = 100_000
MOST_BYTES = 1024**3  #: of one archive, unpacked


def together(
    archives: Iterable[tuple[BinaryIO, PurePosixPath]], into: BinaryIO, uid: int = 0, gid: int = 0
) -> None:
    """One tar of all of them: the one top entry of each becomes its path, below the root. Raises StartFailed.

    Whoever unpacks it sees to it that links lead nowhere else: an engine does that by itself.
    """
    with tarfile.open(fileobj=into, mode="w") as tar:
        for archive, path in archives:
            try:
                _add(tar, archive, path.relative_to("/"), uid, gid)
            except (tarfile.TarError, EOFError, OSError, ValueError) as error:
                raise StartFailed("executor_error", f"the files for {path} can't be read: {error}") from error
    into.seek(0)


def _add(tar: tarfile.TarFile, archive: BinaryIO, path: PurePosixPath, uid: int, gid: int) -> None:
    left = MOST_BYTES
    with tarfile.open(fileobj=archive, mode="r:*") as given:
        for number, member in enumerate(given):
            below, left = _below(member.name), left - member.size
            if left < 0:
                raise ValueError(f"all of it is more than {MOST_BYTES} bytes")
            if number >= MOST_ENTRIES:
                raise ValueError(f"it has more than {MOST_ENTRIES} entries")
            if below is None or member.type not in _KINDS:
                raise ValueError(f"it holds {member.name!r}, which is no file of its own")
            made = member.replace(name=str(path / below), uid=uid, gid=gid, uname="", gname="", deep=False)
            made.pax_headers = {}  # these would say the old name again
            if member.islnk():
                made.linkname = str(path / (_below(member.linkname) or PurePosixPath()))
            tar.addfile(made, given.extractfile(member) if member.isreg() else None)


def _below(name: str) -> PurePosixPath | None:
    """Where it lies below the top entry; None for what isn't there."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return None
    return PurePosixPath(*path.parts[1:])
