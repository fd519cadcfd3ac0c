"""Values that several aggregates share. Quantities are integers: milli-CPU, bytes, milli-GPU, microseconds."""

from dataclasses import field
from typing import Annotated

from annotated_types import Interval, Le
from pydantic.dataclasses import dataclass

#: What databases and other languages hold as an integer.
MOST = 2**63 - 1
#: Microseconds since 1970-01-01 UTC.
Micros = Annotated[int, Le(MOST)]
Natural = Annotated[int, Interval(ge=0, le=MOST)]


@dataclass(frozen=True, slots=True)
class Quantities:
    """Amounts of one host's resources: requested, free or whole."""

    cpu: Natural = 0  #: milli-CPU
    memory: Natural = 0  #: bytes
    gpu: Natural = 0  #: milli-GPU
    disk: Natural = 0  #: bytes

    def within(self, other: "Quantities") -> bool:
        """Whether `other` has no less of anything."""
        return (
            self.cpu <= other.cpu
            and self.memory <= other.memory
            and self.gpu <= other.gpu
            and self.disk <= other.disk
        )


@dataclass(frozen=True, slots=True)
class Idle:
    """How long an instance above its fleet's minimum may idle."""

    seconds: Natural | None = None  #: None is for ever


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """AES-GCM ciphertext of a secret value; `key` names the data key that lies beside the log."""

    key: str
    nonce: str  #: base64
    data: str  #: base64, tag included


@dataclass(frozen=True, slots=True)
class RegistryAuth:
    """Log-in for a private image registry."""

    username: str
    password: Ciphertext


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far the pull of an image is, over the layers that the host lacks; nothing is known of it at first."""

    downloaded_bytes: Natural = 0
    extracted_bytes: Natural = 0
    total_bytes: Natural = 0
    is_total_bytes_final: bool = False  #: the size of each layer is known

    def is_beyond(self, earlier: "PullProgress | None") -> bool:
        """By a tenth of what there is to download, as far as that is known."""
        before = earlier.downloaded_bytes if earlier else 0
        return self.total_bytes > 0 and 10 * (self.downloaded_bytes - before) >= self.total_bytes


@dataclass(frozen=True, slots=True)
class Retry:
    """When a failed job gets another attempt, and until when.

    `duration` counts from the last attempt that got a place, as that last changed, so that what fails each time anew is
    retried for ever; a job that never got a place (no-capacity) has it from its submission.
    """

    on_events: tuple[str, ...]  #: of no-capacity, interruption, error
    duration: Natural  #: seconds


@dataclass(frozen=True, slots=True)
class Files:
    """An archive that is unpacked before the job starts: its one top entry becomes `path`."""

    archive_id: str
    path: str  #: relative to the job's working directory, where it isn't absolute


@dataclass(frozen=True, slots=True)
class Repo:
    """A Git repository that is cloned before the job starts, with changes to it that aren't committed."""

    url: str
    path: str = "."  #: relative to the job's working directory, where it isn't absolute
    branch: str | None = None
    commit: str | None = None  #: its hash; without one, the branch's last
    single_branch: bool = True
    patch: str | None = None  #: id of the archive with the changes, as `git apply` takes them
    may_be_there: bool = False  #: where something is at its path already, that stays and nothing is cloned
    user_name: str | None = None  #: as Git is configured there
    user_email: str | None = None
    private_key: Ciphertext | None = None  #: by which it is cloned over SSH
    oauth_token: Ciphertext | None = None  #: by which it is cloned over HTTPS


@dataclass(frozen=True, slots=True)
class InstanceName:
    """What is given of these has to be the instance's own."""

    name: str | None = None
    hostname: str | None = None
    fleet_id: str | None = None
    num: Natural | None = None  #: its number in its fleet


@dataclass(frozen=True, slots=True)
class Selection:
    """Which instances a run may use, within its fleets."""

    instances: tuple[InstanceName, ...] | None = None  #: any of these; None is all
    max_price_micros: Natural | None = None  #: millionths of a dollar an hour
    reuse: bool = False  #: only those that are there: its fleets don't grow for it


@dataclass(frozen=True, slots=True)
class Gang:
    """A run's jobs that are placed together or not at all, and end together (PROTOCOL, Work 5)."""

    nodes: Natural  #: how many jobs; number 0 is the master
    startup_order: str = "any"  #: any, master-first or workers-first
    stop_criteria: str = "all-done"  #: or master-done: the others are stopped once the master is done
    groups: tuple[Natural, ...] = ()  #: how many jobs each named group has, in order; () is one group of all


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory of the host that a container sees."""

    source: str  #: of the host, absolute
    target: str  #: in the container, absolute
    optional: bool = False  #: the job begins without it, where it can't have it


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What one container or process of a run is."""

    name: str
    command: tuple[str, ...]  #: argv; empty runs the image's own command
    image: str | None = None
    entrypoint: tuple[str, ...] | None = None
    env: dict[str, str] = field(default_factory=dict)  #: values may hold ${{ secrets.NAME }}
    working_dir: str | None = None
    user: str | None = None
    privileged: bool = False
    ports: tuple[int, ...] = ()
    files: tuple[Files, ...] = ()
    repo: Repo | None = None
    registry_auth: RegistryAuth | None = None
    requests: Quantities = Quantities()  #: reserved on the host
    limits: Quantities = Quantities()  #: enforced; 0 is unlimited
    shm_size: Natural = 0  #: bytes; 0 is the runtime's default
    pids: Natural = 0  #: 0 is the runtime's default
    retry: Retry | None = None
    max_duration: Natural | None = None  #: seconds of running
    stop_duration: Natural | None = None  #: seconds between stop and kill; None waits without end
    mounts: tuple[Mount, ...] = ()
    host_network: bool = (
        False  #: its container has no network of its own: members of a gang reach each other so
    )
