"""The state of the whole cell, by replay of the log. Each event costs the same however long the history is."""

from collections import OrderedDict
from dataclasses import dataclass, field

from runfold.contracts.envelope import Idempotency
from runfold.contracts.values import Ciphertext, Micros
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Attempt, Job
from runfold.domain.parking.state import Parked
from runfold.domain.project.state import Project
from runfold.domain.run.state import PastRun, Run
from runfold.domain.user.state import Grant, Token, User


@dataclass(slots=True)
class Term:
    id: str
    address: str | None
    position: int


@dataclass(slots=True)
class Remembered:
    """An Idempotency-Key and what it made."""

    key: Idempotency
    time: Micros


@dataclass(frozen=True, slots=True)
class Deletion:
    """Where and when a run was deleted."""

    position: int
    time: Micros


@dataclass(slots=True)
class Cell:
    """Look things up here; only `fold` changes it."""

    position: int = 0  #: of the last event folded
    time: Micros = 0  #: of the last commit folded
    id: str | None = None  #: None before the cell is founded
    terms: dict[str, Term] = field(default_factory=dict)  #: by service
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    tokens_by_sha256: dict[str, Token] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)  #: those in memory, oldest first
    finished: dict[str, int] = field(
        default_factory=dict
    )  #: of these, the finished ones by the position that last changed them, in its order
    deletions: dict[str, Deletion] = field(
        default_factory=dict
    )  #: of runs that had left memory, in their order, until their rows have it
    jobs: dict[str, Job] = field(default_factory=dict)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    jobs_by_attempt: dict[str, Job] = field(default_factory=dict)
    fleets: dict[str, Fleet] = field(
        default_factory=dict
    )  #: deleted ones too: runs still tell where they ran
    live_fleets: dict[str, Fleet] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)  #: what reactors go on without, oldest first
    names: dict[str, str] = field(default_factory=dict)  #: name stream -> id of what has the name
    keys: OrderedDict[str, Remembered] = field(
        default_factory=OrderedDict
    )  #: key stream -> Idempotency-Key, for 24 h; the more leaves a plain dict, the longer it looks for its oldest

    def project_named(self, name: str) -> Project | None:
        return self.projects.get(self.names.get(f"name:projects/{name}", ""))

    def user_named(self, name: str) -> User | None:
        return self.users.get(self.names.get(f"name:users/{name}", ""))

    def run_named(self, project_id: str, name: str) -> Run | PastRun | None:
        run_id = self.names.get(f"name:{project_id}/runs/{name}")
        if run_id is None:
            return None
        return self.runs.get(run_id) or PastRun(run_id, project_id, name)

    def holds_name(self, run: Run | PastRun) -> bool:
        """Whether it isn't deleted: its name is its own until then."""
        return self.names.get(f"name:{run.project_id}/runs/{run.name}") == run.id

    def fleet_named(self, project_id: str | None, name: str) -> Fleet | None:
        """The project's own fleet of that name, else the cell's."""
        own = self.names.get(f"name:{project_id or 'cell'}/fleets/{name}")
        return self.fleets.get(own or self.names.get(f"name:cell/fleets/{name}", ""))

    def secrets_of(self, project_id: str) -> dict[str, Ciphertext]:
        """By name the sealed values that `${{ secrets.NAME }}` stands for in a project's runs."""
        return {secret.name: secret.value for secret in self.projects[project_id].secrets.values()}

    def fleets_of(self, project_id: str) -> list[Fleet]:
        """Those a project may use, its own and the cell's, oldest first."""
        return [fleet for fleet in self.live_fleets.values() if fleet.usable_by(project_id)]

    def user_with_token(self, sha256: str) -> User | None:
        """None as well where the user isn't active."""
        token = self.tokens_by_sha256.get(sha256)
        user = None if token is None else self.users.get(token.user_id)
        return user if user is not None and user.active else None
