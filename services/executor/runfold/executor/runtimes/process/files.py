"""The files of a process job, unpacked in its directory."""

import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from runfold.contracts.values import JobSpec
from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.archives import together
from runfold.executor.runtimes.process import unpack as program
from runfold.executor.runtimes.process.environment import (
    Identity,
    interpreter_environment,
    working_directory,
)

PATIENCE = 300.0  #: seconds for all of it
TOLD = 2000  #: characters of what went wrong that a user is shown


def refusal(spec: JobSpec) -> str | None:
    """Files are put into the job's own directory alone: what lies beyond it isn't the job's to change."""
    home = Path("/home-of-the-job")
    paths = [*(each.path for each in spec.files), *([spec.repo.path] if spec.repo else [])]
    for path in paths:
        if ".." in PurePosixPath(path).parts or not _place(home, spec.working_dir, path).is_relative_to(home):
            return f"files at {path}: with the process runtime they lie below /workflow or /root"
    return None


def unpack(
    home: Path, working_dir: str | None, archives: list[tuple[BinaryIO, str]], who: Identity | None
) -> None:
    """By a process of the job's user. Raises StartFailed, also where a link leads out of the directory; OSError."""
    places = [
        (archive, PurePosixPath("/") / _place(home, working_dir, path).relative_to(home))
        for archive, path in archives
    ]
    identity = (str(who.uid), str(who.gid), ",".join(map(str, who.groups))) if who else ("", "", "")
    with tempfile.TemporaryFile() as whole:
        together(places, whole)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-E", program.__file__, str(home), *identity],
                env=interpreter_environment(),
                stdin=whole,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StartFailed("executor_error", "unpacking the job's files takes too long") from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()[-TOLD:]
        raise StartFailed("executor_error", f"the files of the job can't be unpacked: {told}")


def _place(home: Path, working_dir: str | None, path: str) -> Path:
    inside = PurePosixPath(path)
    if inside.parts[:1] == ("~",):
        inside = PurePosixPath("/root", *inside.parts[1:])
    if inside.is_absolute():
        return working_directory(home, str(inside))
    return working_directory(home, str(PurePosixPath(working_dir or "/workflow") / inside))
