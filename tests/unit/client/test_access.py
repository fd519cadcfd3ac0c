"""By what a repo is cloned: nothing of the user's where anyone may, else what opens it, told to nobody else."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runfold.client.git.access import Access, Given, access
from runfold.client.git.errors import UnusableRepo
from runfold.client.git.urls import parse
from tests.repository import TOKEN, Repository

#: Stands in for the way to another host: known there is one key; `forge` is a name of this machine's own.
SSH = """#!/bin/sh
if [ "$1" = -G ]; then
    printf 'hostname 127.0.0.1\\nuser git\\nport 22\\n'
    for name in missing locked other known; do echo "identityfile {keys}/$name"; done
    exit
fi
for last; do :; done
case "$*" in *"-i {keys}/known "*) exec sh -c "$last";; esac
echo 'Permission denied (publickey).' >&2
exit 255
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("repository"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("known", ""), ("other", ""), ("locked", "a passphrase")):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(made / name)]
        subprocess.run(make, check=True)
    return made


@pytest.fixture
def ssh(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "bin" / "ssh"
    command.parent.mkdir()
    command.write_text(SSH.format(keys=keys))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")


def test_a_repo_for_everyone_is_cloned_by_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path, token=None)
    assert access(parse(repository.url.replace("//", "//ann:secret@")), Given(), {}) == Access(repository.url)
    repository.close()


def test_a_token_that_is_given_is_taken_and_so_is_a_urls_own(repository: Repository) -> None:
    url, opened = repository.url, Access(repository.url, oauth_token=TOKEN)
    assert access(parse(url), Given(token=TOKEN), {}) == opened
    assert access(parse(url.replace("//", f"//ann:{TOKEN}@")), Given(), {}) == opened
    assert access(parse("git@h:a/p.git"), Given(token="t"), {}) == Access(
        "https://h/a/p.git", oauth_token="t"
    )


def test_what_the_users_own_configuration_opens_is_not_for_everyone(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login oauth2 password {TOKEN}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UnusableRepo, match="give --git-identity FILE, or --gh-token TOKEN"):
        access(parse(repository.url), Given(), {})


def test_githubs_token_is_told_to_github_and_no_other_host(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "https_proxy", "http://127.0.0.1:1"
    )  # so that nobody is asked whether it is for everyone
    found = access(parse("https://github.com/a/b"), Given(), {"GH_TOKEN": TOKEN})
    assert found == Access("https://github.com/a/b", oauth_token=TOKEN)
    with pytest.raises(UnusableRepo):
        access(parse(repository.url), Given(), {"GH_TOKEN": TOKEN})


def test_a_key_that_is_given_is_taken_by_the_hosts_own_name(keys: Path, ssh: None) -> None:
    given, key = Given(identity=keys / "other"), (keys / "other").read_text()
    assert access(parse("git@forge:p.git"), given, {}) == Access("git@127.0.0.1:p.git", private_key=key)
    of_web = access(parse("https://forge/a/p.git"), given, {})
    assert of_web == Access("ssh://git@127.0.0.1/a/p.git", private_key=key)


@pytest.mark.parametrize("name", ["locked", "missing", "known.pub"])
def test_what_is_no_open_key_is_refused(name: str, keys: Path, ssh: None) -> None:
    with pytest.raises(UnusableRepo, match=f"{name}: this is no private key without a passphrase"):
        access(parse("git@forge:p.git"), Given(identity=keys / name), {})


def test_of_the_users_own_keys_the_one_that_is_known_there_is_taken(
    repository: Repository, keys: Path, ssh: None
) -> None:
    found = access(parse(f"ssh://git@forge{repository.bare}"), Given(), {})
    assert found.clone_url == f"ssh://git@127.0.0.1{repository.bare}"
    assert found.private_key == (keys / "known").read_text()


def test_neither_key_nor_token_is_shown() -> None:
    assert "secret" not in repr(
        (Access("u", private_key="secret", oauth_token="secret"), Given(None, "secret"))
    )


def test_where_nothing_opens_it_the_user_is_told_what_would(ssh: None) -> None:
    with pytest.raises(UnusableRepo, match=r"https://127\.0\.0\.1/none\.git isn't there for everyone"):
        access(parse("ssh://forge/none.git"), Given(), {})
