"""Unpacks a tar archive as the user whose files these become.

The process runtime runs this file as a program: whatever an archive is made of, it reaches no further than its user.
"""

import os
import sys
import tarfile


def main() -> None:
    """Arguments: the directory, and uid, gid and groups (empty to stay who this is). The archive is standard input."""
    directory, uid, gid, groups = sys.argv[1:]
    os.chdir(directory)
    if uid:
        os.setgroups([int(group) for group in groups.split(",")])
        os.setgid(int(gid))
        os.setuid(int(uid))
    os.umask(0o022)
    try:
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r:") as archive:
            archive.extractall(".", filter="data")
    except (tarfile.TarError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
