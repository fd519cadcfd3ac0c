"""Environments of their own for programs that don't get along with ours, each from a hashed lock, made on first use."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from infra.testservers.place import INSTALLED, ROOT


def environment(name: str, lock: Path) -> Path:
    """The folder of the programs that `lock` brings; raises CalledProcessError where they can't be had."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    place = INSTALLED / name
    # Two test runs of one checkout may ask at once.
    with (INSTALLED / f"{name}.lock").open("w") as asked:
        fcntl.flock(asked, fcntl.LOCK_EX)
        if not _is_by(lock, place):
            _make(place, lock)
    return place / "bin"


def _is_by(lock: Path, place: Path) -> bool:
    made_by = _made_by(place)
    return made_by.exists() and made_by.read_bytes() == lock.read_bytes()


def _make(place: Path, lock: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([_python(), "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    # Last, so that what was interrupted is made anew.
    shutil.copy(lock, _made_by(place))


def _made_by(place: Path) -> Path:
    return place / "made-by.lock"


def _python() -> str:
    project = ROOT / ".venv" / "bin" / "python"
    return str(project) if project.exists() else sys.executable
