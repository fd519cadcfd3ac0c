"""Becomes what somebody runs beside a job: takes its terminal, drops to its user, goes to its directory.

The process runtime runs this file as a program at the head of a session of its own, with the job's environment.
"""

import fcntl
import os
import sys
import termios

NOT_FOUND = 127


def main() -> None:
    """Arguments: uid, gid and groups (empty to stay who this is), whether its input is a terminal, the directory, and
    the command."""
    uid, gid, groups, terminal, directory, *command = sys.argv[1:]
    if terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if uid:
        os.setgroups([int(group) for group in groups.split(",")])
        os.setgid(int(gid))
        os.setuid(int(uid))
    try:
        os.chdir(directory)
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main()
