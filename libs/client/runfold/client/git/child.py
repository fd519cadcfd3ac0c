"""`git` and `ssh` as child processes: they ask nobody anything, and end in time."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runfold.client.git.errors import UnusableRepo

PATIENCE = 60.0  #: seconds; a large work tree takes some to be compared
#: A hook's own: with them `-C` would name another repo than it says.
_OF_HOOKS = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}


class Failed(Exception):
    """It ended with another status than 0; the text is the last line that it said."""


def git(*arguments: str, at: Path, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """What it prints. Raises Failed, UnusableRepo."""
    return run("git", "-C", str(at), *arguments, given=given, environment=environment)


def run(
    *command: str,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> bytes:
    """What it prints; `environment` goes before this process's. Raises Failed, UnusableRepo."""
    try:
        ended = subprocess.run(
            command, env=_environment(environment or {}), input=given, capture_output=True, timeout=patience
        )
    except FileNotFoundError:
        raise UnusableRepo(f"`repos` needs {command[0]}, which isn't on this machine") from None
    except subprocess.TimeoutExpired:
        raise UnusableRepo(f"{' '.join(command)} takes longer than {patience:g} s") from None
    if ended.returncode:
        raise Failed(_last_line(ended.stderr))
    return ended.stdout


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return {**own, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", **more}


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
