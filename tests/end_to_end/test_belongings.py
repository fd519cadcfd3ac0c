"""What is sent along with a run reaches its job: files, and a repo at a commit with changes on top."""

import io
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.place import Place
from tests.repository import TOKEN, Repository

JSON = dict[str, Any]


def tar(**files: str) -> bytes:
    """As the CLI packs a directory `top`."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"top/{name.replace('_', '.')}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return whole.getvalue()


def upload(client: Client, path: str, data: bytes, name: str | None = None) -> Any:
    sent = {"file": (name or sha256(data).hexdigest(), data)}
    return client.session.post(f"{client.url}{path}", files=sent, timeout=30)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("repository"))
    yield made
    made.close()


def task(name: str, *commands: str, image: JSON, **spec: Any) -> JSON:
    configuration = {"type": "task", "commands": [*commands], **image}
    return {"plan": {"run_spec": {"run_name": name, "configuration": configuration, **spec}}, "force": False}


def done(place: Place, body: JSON) -> tuple[JSON, bytes]:
    """The run at its end, and what it printed."""
    name = place.client.in_project("runs/apply", body)["run_spec"]["run_name"]
    run = place.client.wait_for(name)[name]
    return run, place.client.output(run)


def test_files_lie_where_the_run_wants_them(place: Place) -> None:
    archive = upload(place.client, "/api/files/upload_archive", tar(a_txt="of a\n", b_txt="of b\n")).json()
    body = task(
        "files",
        "cat own/a.txt",
        "cat ~/other/b.txt 2>/dev/null || cat /root/other/b.txt",
        image=place.shell,
        working_dir=None,
        file_archives=[{"id": archive["id"], "path": path} for path in ("own", "/root/other")],
    )
    run, output = done(place, body)
    assert (run["status"], output) == ("done", b"of a\nof b\n")


def test_a_repo_is_cloned_at_its_commit_with_the_changes_on_top(place: Place, repository: Repository) -> None:
    client, digest = place.client, sha256(repository.patch).hexdigest()
    info = {"repo_type": "remote", "repo_name": "p"}
    creds = {"clone_url": repository.url, "oauth_token": TOKEN}
    client.in_project("repos/init", {"repo_id": "repo-1", "repo_info": info, "repo_creds": creds})
    sent = upload(client, f"/api/project/{client.project}/repos/upload_code?repo_id=repo-1", repository.patch)
    assert sent.json() is None
    told = {**info, "repo_branch": "main", "repo_hash": repository.commit, "repo_config_name": "N. Body"}
    body = task(
        "repo",
        "cat there/kept.txt there/.git/refs/heads/main; grep -c Body there/.git/config",
        image=place.shell,
        repo_id="repo-1",
        repo_data=told,
        repo_code_hash=digest,
        repo_dir="there",
    )
    run, output = done(place, body)
    assert (run["status"], output) == ("done", f"changed since\n{repository.commit}\n1\n".encode())


def test_a_repo_that_can_not_be_cloned_fails_the_run_with_what_git_says(
    place: Place, repository: Repository
) -> None:
    info = {"repo_type": "remote", "repo_name": "p"}
    creds = {"clone_url": repository.url.replace("p.git", "none.git"), "oauth_token": TOKEN}
    place.client.in_project("repos/init", {"repo_id": "repo-2", "repo_info": info, "repo_creds": creds})
    run, _ = done(
        place, task("lost", "true", image=place.shell, repo_id="repo-2", repo_data=info, repo_dir="there")
    )
    submission = run["jobs"][0]["job_submissions"][-1]
    assert (run["status"], submission["termination_reason"]) == ("failed", "executor_error")
    assert "none.git" in submission["termination_reason_message"]
    assert TOKEN not in str(run)


def test_an_archive_that_leads_out_of_its_place_fails_the_run(place: Place) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        entry = tarfile.TarInfo("top/../../../evil")
        archive.addfile(entry)
    sent = upload(place.client, "/api/files/upload_archive", whole.getvalue()).json()
    run, _ = done(
        place, task("evil", "true", image=place.shell, file_archives=[{"id": sent["id"], "path": "x"}])
    )
    assert run["jobs"][0]["job_submissions"][-1]["termination_reason"] == "executor_error"


def test_a_repo_of_this_hosts_own_files_is_not_cloned(place: Place, repository: Repository) -> None:
    info = {"repo_type": "remote", "repo_name": "p"}
    creds = {"clone_url": f"file://{repository.tree}"}
    place.client.in_project("repos/init", {"repo_id": "repo-3", "repo_info": info, "repo_creds": creds})
    run, _ = done(
        place, task("own", "true", image=place.shell, repo_id="repo-3", repo_data=info, repo_dir="there")
    )
    assert run["status"] == "failed"
    assert "not allowed" in run["jobs"][0]["job_submissions"][-1]["termination_reason_message"]
