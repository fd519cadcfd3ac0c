"""Where clients find the front door, and jobs behind it."""

from dataclasses import dataclass

HOST = "job-"  #: begins the name of a job's host, behind the front door; its attempt's id follows
JOB_PORT = 10022  #: of SSH there


@dataclass(frozen=True, slots=True)
class SshAddress:
    """The front door, as clients are told it."""

    host: str
    port: int
