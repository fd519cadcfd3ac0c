"""Repos that runs may clone: made known with what their user clones them by, and changes to them."""

from runfold.client.transport.call import Call, post


def init(
    project: str,
    /,
    repo_id: str,
    name: str,
    clone_url: str,
    *,
    private_key: str | None = None,
    oauth_token: str | None = None,
) -> Call[None]:
    """What it is cloned by takes the place of what the caller gave before; nobody else is shown it."""
    creds = {"clone_url": clone_url, "private_key": private_key, "oauth_token": oauth_token}
    info = {"repo_type": "remote", "repo_name": name}
    body = {"repo_id": repo_id, "repo_info": info, "repo_creds": creds}
    return post(f"/api/project/{project}/repos/init", type(None), body, writes=True)


def upload_code(project: str, /, repo_id: str, digest: str, patch: bytes) -> Call[None]:
    """A patch over the commit that a run names, by its SHA-256 in hexadecimal digits."""
    path, query = f"/api/project/{project}/repos/upload_code", {"repo_id": repo_id}
    return Call("POST", path, type(None), query=query, upload=(digest, patch), writes=True)
