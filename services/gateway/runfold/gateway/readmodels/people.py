"""What events about users, projects, their members and secrets come to, for people."""

from collections.abc import Callable, Iterator
from typing import Any

from runfold.contracts import project, user
from runfold.domain.cell.state import Cell
from runfold.domain.user.authorize import role_in
from runfold.gateway.readmodels.changes import Change, Target

_IN_PROJECT = "project:"


class People:
    """Remembers what an event that takes something away doesn't say: whose grant it was, what there was before."""

    def __init__(self, cell: Callable[[], Cell]) -> None:
        self._cell = cell
        self._grants: dict[str, user.GrantGiven] = {}
        self._roles: dict[tuple[str, str], str] = {}  #: by project and user
        self._tokens: set[str] = set()  #: users who got their first one
        self._secrets: set[str] = set()

    def of(self, event: Any) -> Iterator[Change]:
        """Of an event of `KINDS`, after its commit is folded."""
        yield from _MAKERS[type(event)](self, event)

    def _user_created(self, e: user.UserCreated) -> Iterator[Change]:
        yield self._user("created", e.user_id)

    def _user_updated(self, e: user.UserUpdated) -> Iterator[Change]:
        """A new address isn't for everyone who reads this."""
        told = [name if name == "email" else f"{name}={getattr(e, name)}" for name in e.changed]
        yield self._user("updated", e.user_id, ", ".join(told))

    def _user_deleted(self, e: user.UserDeleted) -> Iterator[Change]:
        yield self._user("deleted", e.user_id)

    def _ssh_key_replaced(self, e: user.SshKeyReplaced) -> Iterator[Change]:
        yield self._user("SSH key refreshed", e.user_id)

    def _public_key_added(self, e: user.PublicKeyAdded) -> Iterator[Change]:
        yield self._user("public key added", e.user_id, e.fingerprint)

    def _public_key_deleted(self, e: user.PublicKeyDeleted) -> Iterator[Change]:
        yield self._user("public key deleted", e.user_id, e.fingerprint)

    def _token_issued(self, e: user.TokenIssued) -> Iterator[Change]:
        """The first one is part of making the user."""
        if e.user_id in self._tokens:
            yield self._user("token refreshed", e.user_id)
        self._tokens.add(e.user_id)

    def _grant_given(self, e: user.GrantGiven) -> Iterator[Change]:
        project_id, cell = e.scope.removeprefix(_IN_PROJECT), self._cell()
        if project_id not in cell.projects or e.user_id not in cell.users:
            return
        self._grants[e.grant_id] = e
        before = self._roles.get((project_id, e.user_id))
        self._roles[project_id, e.user_id] = e.role
        if before != e.role:
            what = "member added" if before is None else "member changed"
            yield self._member(what, project_id, e.user_id, before, e.role)

    def _grant_revoked(self, e: user.GrantRevoked) -> Iterator[Change]:
        """Where another role takes its place, that is the news."""
        given = self._grants.pop(e.grant_id, None)
        if given is None:
            return
        project_id = given.scope.removeprefix(_IN_PROJECT)
        if role_in(self._cell().users[given.user_id], project_id) is None:
            self._roles.pop((project_id, given.user_id), None)
            yield self._member("member removed", project_id, given.user_id, given.role, None)

    def _project_created(self, e: project.ProjectCreated) -> Iterator[Change]:
        """Whoever makes a project administers it: that grant is no news beside this."""
        self._roles[e.project_id, e.owner_id] = "admin"
        yield self._project("created", e.project_id)

    def _project_updated(self, e: project.ProjectUpdated) -> Iterator[Change]:
        yield self._project("updated", e.project_id, f"is_public={e.is_public}")

    def _project_deleted(self, e: project.ProjectDeleted) -> Iterator[Change]:
        yield self._project("deleted", e.project_id)

    def _secret_stored(self, e: project.SecretStored) -> Iterator[Change]:
        what = "updated" if e.secret_id in self._secrets else "created"
        self._secrets.add(e.secret_id)
        yield Change(what, (Target("secret", e.secret_id, e.name),), e.project_id)

    def _secret_deleted(self, e: project.SecretDeleted) -> Iterator[Change]:
        self._secrets.discard(e.secret_id)
        yield Change("deleted", (Target("secret", e.secret_id, e.name),), e.project_id)

    def _user(self, what: str, user_id: str, message: str | None = None) -> Change:
        return Change(what, (self._target(user_id),), None, message=message)

    def _project(self, what: str, project_id: str, message: str | None = None) -> Change:
        name = self._cell().projects[project_id].name
        return Change(what, (Target("project", project_id, name),), project_id, message=message)

    def _member(
        self, what: str, project_id: str, user_id: str, before: str | None, after: str | None
    ) -> Change:
        targets = (*self._project(what, project_id).targets, self._target(user_id))
        return Change(what, targets, project_id, before=before, after=after)

    def _target(self, user_id: str) -> Target:
        return Target("user", user_id, self._cell().users[user_id].name)


_MAKERS: dict[type[Any], Callable[[People, Any], Iterator[Change]]] = {
    user.UserCreated: People._user_created,
    user.UserUpdated: People._user_updated,
    user.UserDeleted: People._user_deleted,
    user.SshKeyReplaced: People._ssh_key_replaced,
    user.PublicKeyAdded: People._public_key_added,
    user.PublicKeyDeleted: People._public_key_deleted,
    user.TokenIssued: People._token_issued,
    user.GrantGiven: People._grant_given,
    user.GrantRevoked: People._grant_revoked,
    project.ProjectCreated: People._project_created,
    project.ProjectUpdated: People._project_updated,
    project.ProjectDeleted: People._project_deleted,
    project.SecretStored: People._secret_stored,
    project.SecretDeleted: People._secret_deleted,
}
KINDS = tuple(_MAKERS)
