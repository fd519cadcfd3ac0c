"""The files of a process job, unpacked in its directory before it is given to its user."""

import io
import tarfile
from pathlib import Path, PurePosixPath

from runfold.contracts.values import JobSpec
from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.archives import together
from runfold.executor.runtimes.process.directory import JobDirectory
from runfold.executor.runtimes.process.environment import working_directory


def refusal(spec: JobSpec) -> str | None:
    """Files are put into the job's own directory alone: what lies beyond it isn't the job's to change."""
    home = Path("/home-of-the-job")
    for each in spec.files:
        if ".." in PurePosixPath(each.path).parts or not _place(
            home, spec.working_dir, each.path
        ).is_relative_to(home):
            return f"files at {each.path}: with the process runtime they lie below /workflow or /root"
    return None


def unpack(directory: JobDirectory, working_dir: str | None, archives: list[tuple[bytes, str]]) -> None:
    """Raises StartFailed, also where a link would lead out of the directory; OSError."""
    directory.make()
    places = [
        (data, PurePosixPath("/") / _place(directory.home, working_dir, path).relative_to(directory.home))
        for data, path in archives
    ]
    try:
        with tarfile.open(fileobj=io.BytesIO(together(places))) as tar:
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
