"""Projects and their members, and who asks."""

from urllib.parse import quote

from runfold.client.models.people import Me, Project
from runfold.client.transport.call import Call, post


def me(project: str, /) -> Call[Me]:
    """The user whose token this is, in whatever project."""
    del project
    return post("/api/users/get_my_user", Me)


def get(project: str, /, name: str | None = None) -> Call[Project]:
    """The client's own, or the one of that name."""
    return post(f"/api/projects/{quote(name or project, safe='')}/get", Project)


def listed(project: str, /) -> Call[list[Project]]:
    """All that the token may see, whatever the client's own is."""
    del project
    return post("/api/projects/list", list[Project])


def create(project: str, /, name: str, *, public: bool = False) -> Call[Project]:
    del project
    return post("/api/projects/create", Project, {"project_name": name, "is_public": public}, writes=True)


def add_member(project: str, /, username: str, role: str = "user") -> Call[Project]:
    body = {"members": [{"username": username, "project_role": role}]}
    return post(f"/api/projects/{project}/add_members", Project, body, writes=True)


def remove_member(project: str, /, username: str) -> Call[Project]:
    return post(f"/api/projects/{project}/remove_members", Project, {"usernames": [username]}, writes=True)
