"""What happened, and what the server says of itself."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from runfold.gateway.dialects.dstack.models.shape import Shape


class ServerInfo(Shape):
    server_version: str


class Health(Shape):
    status: Literal["running"]


class EventTarget(Shape):
    type: str
    project_id: UUID | None
    project_name: str | None
    is_project_deleted: bool | None
    id: UUID
    name: str


class Event(Shape):
    id: UUID
    message: str
    recorded_at: datetime
    actor_user_id: UUID | None
    actor_user: str | None
    is_actor_user_deleted: bool | None
    targets: list[EventTarget]
