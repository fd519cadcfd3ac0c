"""`repos` of a configuration: made known to the server, with changes that aren't pushed, and named in the run."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from runfold.client.blocking import Client
from runfold.client.cli.applying.options import Options
from runfold.client.cli.shown import consoles
from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.configuration.repos import WantedRepo, wanted_repo
from runfold.client.errors import Refused
from runfold.client.git import urls
from runfold.client.git.access import access
from runfold.client.git.checkout import Checkout, checkout
from runfold.client.git.errors import UnusableRepo


def prepared(client: Client, document: Document, options: Options) -> dict[str, Any]:
    """What the run's specification says of its repo. Raises InvalidConfiguration, UnusableRepo."""
    wanted = wanted_repo(document)
    if wanted is None:
        return {}
    source = _local(document, wanted, options.here) if wanted.url is None else None
    url = urls.parse(source.url if source else wanted.url or "")
    with consoles.talk().status(f"Looking at {url.name}…"):
        found = access(url, options.repo_access, options.environment)
    client.repos.init(
        *(url.id, url.name, found.clone_url), private_key=found.private_key, oauth_token=found.oauth_token
    )
    return {
        "repo_id": url.id,
        "repo_data": {"repo_type": "remote", "repo_name": url.name, **_data(wanted, source)},
        "repo_code_hash": _sent(client, url.id, source.patch) if source and source.patch else None,
        "repo_dir": wanted.path,
    }


def _local(document: Document, wanted: WantedRepo, here: Path) -> Checkout:
    directory = document.directory(here) / Path(wanted.local_path or "").expanduser()
    if not directory.is_dir():
        raise InvalidConfiguration(f"{document.path}: {directory}, of `repos`, is no directory")
    if wanted.branch or wanted.hash:
        consoles.say(
            "`branch` and `hash` are for a `url`: of a local repo, what is checked out goes", "yellow"
        )
    return checkout(directory)


def _data(wanted: WantedRepo, source: Checkout | None) -> dict[str, str | None]:
    if source is None:
        return {"repo_branch": wanted.branch, "repo_hash": wanted.hash}
    return {
        "repo_branch": source.branch,
        "repo_hash": source.commit,
        "repo_config_name": source.user_name,
        "repo_config_email": source.user_email,
    }


def _sent(client: Client, repo_id: str, patch: bytes) -> str:
    digest = sha256(patch).hexdigest()
    try:
        client.repos.upload_code(repo_id, digest, patch)
    except Refused as refused:
        raise UnusableRepo(f"changes of `repos` that aren't pushed can't go along: {refused}") from None
    return digest
