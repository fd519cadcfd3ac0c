"""What goes along with a run, as its specification says it: prepared here, or what another run had."""

from typing import Any

from runfold.client.blocking import Client
from runfold.client.cli.applying.files import sent
from runfold.client.cli.applying.options import Options
from runfold.client.cli.applying.repos import prepared
from runfold.client.configuration.documents import Document
from runfold.client.models.runs import RunSpec


def belongings(client: Client, document: Document, options: Options) -> dict[str, Any]:
    """Raises InvalidConfiguration, UnusableRepo."""
    files, repo = options.had.get("files"), options.had.get("repos")
    if files is None:
        files = {"file_archives": sent(client, document, options.here)}
    return {**files, **(prepared(client, document, options) if repo is None else repo)}


def had(spec: RunSpec) -> dict[str, dict[str, Any]]:
    """By the fields that it is made of; what lies here by now may be something else."""
    return {
        "files": {"file_archives": spec.file_archives},
        "repos": {
            "repo_id": spec.repo_id,
            "repo_data": spec.repo_data,
            "repo_code_hash": spec.repo_code_hash,
            "repo_dir": spec.repo_dir,
        },
    }
