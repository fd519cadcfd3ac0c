"""Becomes what somebody runs beside a job: takes its terminal, goes to its directory, drops to its user.

The process runtime runs this file as a program at the head of a session of its own, with an environment of nothing: the
job's is the job's user's to write, and would be obeyed by this interpreter before it drops. After that nothing is
imported any more, which that user may not be able to read.
"""

import fcntl
import marshal
import os
import sys
import termios

NOT_FOUND, NOT_POSSIBLE = 127, 126
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def main() -> None:
    """The argument is a descriptor of what to do: see `sessions.py`."""
    with open(int(sys.argv[1]), "rb") as told:
        spec: dict[str, Any] = marshal.load(told)
    if spec["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    try:
        # Before it drops: on the way there may be directories of whoever runs this.
        os.chdir(spec["directory"])
        if spec["uid"] is not None:
            os.setgroups(spec["groups"])
            os.setgid(spec["gid"])
            os.setuid(spec["uid"])
    except OSError as error:
        _fail(f"the job's directory or user can't be had: {error.strerror}", NOT_POSSIBLE)
    _become(spec["argv"], spec["env"])


def _become(argv: "list[bytes]", env: "dict[bytes, bytes]") -> "NoReturn":
    status, why = NOT_FOUND, "not found"
    for path in _places(argv[0], env.get(b"PATH", b"/usr/local/bin:/usr/bin:/bin")):
        try:
            os.execve(path, argv, env)
        except FileNotFoundError:
            continue
        except OSError as error:
            status, why = NOT_POSSIBLE, str(error.strerror)
    _fail(f"{os.fsdecode(argv[0])}: {why}", status)


def _places(name: bytes, path: bytes) -> "list[bytes]":
    return [name] if b"/" in name else [each + b"/" + name for each in path.split(b":") if each]


def _fail(why: str, status: int) -> "NoReturn":
    os.write(2, f"{why}\n".encode(errors="replace"))
    os._exit(status)


if __name__ == "__main__":
    main()
