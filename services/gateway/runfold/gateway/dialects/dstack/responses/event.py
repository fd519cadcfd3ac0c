"""Events in dstack's words (its spec, section 7)."""

from typing import Any

from runfold.domain.cell.state import Cell
from runfold.gateway.dialects.dstack.responses.encode import timestamp
from runfold.gateway.readmodels.changes import Change, Target
from runfold.gateway.readmodels.happenings import Happened

#: With the change's message, or with the statuses or roles before and after.
_TEXTS = {
    ("run", "deleted"): "Run deleted",
    ("run", "updated"): "Run updated. Deployment: 0. Changed fields: {message}",
    ("job", "assigned"): "Job assigned to instance.",
    ("fleet", "updated"): "Fleet updated",
    ("user", "created"): "User created",
    ("user", "deleted"): "User deleted",
    ("user", "SSH key refreshed"): "User SSH key refreshed",
    ("user", "token refreshed"): "User token refreshed",
    ("project", "created"): "Project created",
    ("project", "deleted"): "Project deleted",
    ("secret", "created"): "Secret created",
    ("secret", "updated"): "Secret updated",
    ("secret", "deleted"): "Secret deleted",
    ("instance", "silent"): "Instance became unreachable",
    ("instance", "returned"): "Instance became reachable",
    ("instance", "created for job"): "Instance created for job. Instance status: PENDING",
    ("user", "updated"): "User updated. Updated fields: {message}",
    ("user", "public key added"): "Public key added. Fingerprint: {message}",
    ("user", "public key deleted"): "Public key deleted. Fingerprint: {message}",
    ("project", "updated"): "Project updated. Updated fields: {message}",
    ("project", "member added"): "Project member added. Role: {after}",
    ("project", "member changed"): "Project member role changed {before} -> {after}",
    ("project", "member removed"): "Project member removed",
}


def event(entry: Happened, cell: Cell) -> dict[str, Any]:
    actor = cell.users.get(entry.actor_id or "")
    return {
        "id": entry.id,
        "message": message(entry.change),
        "recorded_at": timestamp(entry.time),
        "actor_user_id": entry.actor_id,
        "actor_user": actor.name if actor else None,
        "is_actor_user_deleted": None if entry.actor_id is None else actor is None or actor.deleted,
        "targets": [_target(target, entry.change.project_id, cell) for target in entry.change.targets],
    }


def message(change: Change) -> str:
    kind = change.targets[0].kind
    if (text := _TEXTS.get((kind, change.what))) is not None:
        return text.format(message=change.message, before=_loud(change.before), after=_loud(change.after))
    if change.what != "status":
        return f"{kind.capitalize()} {change.what}. Status: {_loud(change.after)}"
    text = f"{kind.capitalize()} status changed {_loud(change.before)} -> {_loud(change.after)}"
    if change.reason is not None:
        text += f". Termination reason: {_loud(change.reason)}"
        text += f" ({change.message})" if change.message else ""
    return text


def _target(target: Target, project_id: str | None, cell: Cell) -> dict[str, Any]:
    project = cell.projects.get(project_id or "") if target.kind != "user" else None
    return {
        "type": target.kind,
        "project_id": project.id if project else None,
        "project_name": project.name if project else None,
        "is_project_deleted": project.deleted if project else None,
        "id": target.id,
        "name": target.name,
    }


def _loud(word: str | None) -> str:
    return (word or "").upper()
