"""Backends."""

from runfold.gateway.dialects.dstack.models.shape import Shape


class BackendInfoYAML(Shape):
    name: str
    config_yaml: str
