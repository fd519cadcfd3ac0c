"""The files of a process job, unpacked in its directory before it is given to its user."""

import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from runfold.contracts.values import JobSpec
from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.archives import together
from runfold.executor.runtimes.process.directory import JobDirectory
from runfold.executor.runtimes.process.environment import working_directory


def refusal(spec: JobSpec) -> str | None:
    """Files are put into the job's own directory alone: what lies beyond it isn't the job's to change."""
    home = Path("/home-of-the-job")
    paths = [*(each.path for each in spec.files), *([spec.repo.path] if spec.repo else [])]
    for path in paths:
        if ".." in PurePosixPath(path).parts or not _place(home, spec.working_dir, path).is_relative_to(home):
            return f"files at {path}: with the process runtime they lie below /workflow or /root"
    return None


def unpack(directory: JobDirectory, working_dir: str | None, archives: list[tuple[BinaryIO, str]]) -> None:
    """Raises StartFailed, also where a link would lead out of the directory; OSError."""
    directory.make()
    places = [
        (archive, PurePosixPath("/") / _place(directory.home, working_dir, path).relative_to(directory.home))
        for archive, path in archives
    ]
    try:
        with tempfile.TemporaryFile() as whole:
            together(places, whole)
            with tarfile.open(fileobj=whole) as tar:
                tar.extractall(directory.home, filter="data")
    except tarfile.TarError as error:
        raise StartFailed("executor_error", f"the files of the job can't be unpacked: {error}") from error


def _place(home: Path, working_dir: str | None, path: str) -> Path:
    inside = PurePosixPath(path)
    if inside.parts[:1] == ("~",):
        inside = PurePosixPath("/root", *inside.parts[1:])
    if inside.is_absolute():
        return working_directory(home, str(inside))
    return working_directory(home, str(PurePosixPath(working_dir or "/workflow") / inside))
