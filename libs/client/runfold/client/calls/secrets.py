"""Secrets of a project."""

from runfold.client.models.people import Secret
from runfold.client.transport.call import Call, post


def listed(project: str, /) -> Call[list[Secret]]:
    """Their names alone."""
    return post(f"/api/project/{project}/secrets/list", list[Secret])


def get(project: str, /, name: str) -> Call[Secret]:
    return post(f"/api/project/{project}/secrets/get", Secret, {"name": name})


def put(project: str, /, name: str, value: str) -> Call[Secret]:
    """Made, or given another value."""
    body = {"name": name, "value": value}
    return post(f"/api/project/{project}/secrets/create_or_update", Secret, body, writes=True)


def delete(project: str, /, *names: str) -> Call[None]:
    return post(f"/api/project/{project}/secrets/delete", type(None), {"secrets_names": names}, writes=True)
