"""Whose key opens which job."""

from runfold.domain.cell.state import Cell
from runfold.domain.run.state import Run
from runfold.domain.user.authorize import Operation, allowed
from runfold.domain.user.state import User


def opens(key: str, run: Run, own_key: str | None, cell: Cell) -> bool:
    """The key that the run was submitted with; and each key of whoever may run things in its project.

    Keys are in OpenSSH's format. A public project shows its runs to everybody, and lets nobody in by that.
    """
    wanted = body_of(key)
    if wanted is None or cell.projects[run.project_id].deleted:
        return False
    submitter = cell.users.get(run.user_id)
    if submitter is not None and body_of(own_key) == wanted:
        return allowed(submitter, Operation.RUN, run.project_id)
    return any(
        allowed(user, Operation.RUN, run.project_id)
        for user in cell.users.values()
        if any(body_of(each) == wanted for each in keys_of(user))
    )


def keys_of(user: User) -> list[str]:
    own = [user.ssh_public_key] if user.ssh_public_key else []
    return [*own, *(added.key for added in user.public_keys.values())]


def body_of(key: str | None) -> str | None:
    """Type and number of a key, without its comment."""
    fields = (key or "").split()
    return " ".join(fields[:2]) if len(fields) >= 2 else None
