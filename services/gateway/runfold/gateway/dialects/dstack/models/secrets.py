"""Secrets of a project."""

from uuid import UUID

from runfold.gateway.dialects.dstack.models.shape import Shape


class Secret(Shape):
    id: UUID
    name: str
    value: str | None
