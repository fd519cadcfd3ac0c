"""A work tree here: what it is a clone of, and all that it has beyond what its remote has."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runfold.client.git.checkout import checkout
from runfold.client.git.errors import UnusableRepo
from tests.repository import Repository, git


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("repository"))
    yield made
    made.close()


@pytest.fixture
def tree(repository: Repository, tmp_path: Path) -> Path:
    return repository.cloned(tmp_path / "tree")


def commit(tree: Path, name: str, content: bytes) -> None:
    (tree / name).write_bytes(content)
    git("add", "--", name, where=tree)
    git("commit", "-q", "-m", name, where=tree)


def content(tree: Path) -> dict[str, bytes]:
    files = (path for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(tree)): path.read_bytes() for path in files}


def rebuilt(repository: Repository, tree: Path, into: Path) -> Path:
    """As a job's host makes it: cloned, at the commit, the patch applied."""
    found = checkout(tree)
    git("clone", "-q", "--branch", found.branch, str(repository.bare), str(into))
    git("checkout", "-q", "-B", found.branch, found.commit, where=into)
    if found.patch:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=into, input=found.patch, check=True)
    return into


def test_it_is_told_by_its_remote_branch_and_commit(repository: Repository, tree: Path) -> None:
    git("config", "user.name", "Ann", where=tree)
    git("config", "user.email", "ann@example.org", where=tree)
    found = checkout(tree)
    assert (found.url, found.branch, found.patch) == (repository.url, "main", b"")
    assert found.commit == git("rev-parse", "HEAD", where=tree).decode().strip()
    assert (found.user_name, found.user_email) == ("Ann", "ann@example.org")


def test_a_branch_is_named_as_its_remote_names_it(tree: Path) -> None:
    git("switch", "-q", "-c", "mine", "--track", "origin/main", where=tree)
    assert checkout(tree).branch == "main"


def test_whatever_differs_here_is_rebuilt_from_commit_and_patch(
    repository: Repository, tree: Path, tmp_path: Path
) -> None:
    commit(tree, "not pushed.txt", b"committed\n")
    (tree / "kept.txt").write_text("changed\n")
    (tree / "staged.txt").write_text("staged\n")
    git("add", "staged.txt", where=tree)
    (tree / "ünknown [x].bin").write_bytes(bytes(range(256)))
    (tree / "empty").touch()
    (tree / "run.sh").write_text("true\n")
    (tree / "run.sh").chmod(0o755)
    there = rebuilt(repository, tree, tmp_path / "there")
    assert content(there) == content(tree)
    assert os.access(there / "run.sh", os.X_OK)


def test_what_is_deleted_here_is_not_there(repository: Repository, tree: Path, tmp_path: Path) -> None:
    (tree / "kept.txt").unlink()
    assert content(rebuilt(repository, tree, tmp_path / "there")) == {}


def test_what_is_ignored_stays_here_and_so_do_repos_within(
    repository: Repository, tree: Path, tmp_path: Path
) -> None:
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "x.log").write_text("x")
    git("init", "-q", str(tree / "inner"))
    (tree / "inner" / "y").write_text("y")
    assert {*content(rebuilt(repository, tree, tmp_path / "there"))} == {".gitignore", "kept.txt"}


def test_how_the_user_likes_to_see_changes_makes_no_difference(
    repository: Repository, tree: Path, tmp_path: Path
) -> None:
    for name, value in (
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.external", "echo not a patch"),
        ("diff.renames", "copies"),
    ):
        git("config", name, value, where=tree)
    (tree / "kept.txt").rename(tree / "moved.txt")
    assert content(rebuilt(repository, tree, tmp_path / "there")) == content(tree)


def test_the_users_own_index_stays_as_it_is(tree: Path) -> None:
    (tree / "unknown.txt").write_text("unknown\n")
    before = git("status", "--porcelain", where=tree)
    assert b"unknown.txt" in checkout(tree).patch
    assert git("status", "--porcelain", where=tree) == before == b"?? unknown.txt\n"


def test_variables_of_a_hook_do_not_name_another_repo(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert checkout(tree).branch == "main"


def test_what_is_no_clone_is_refused_with_what_to_do(tree: Path, tmp_path: Path) -> None:
    empty, part = tmp_path / "empty", tree / "part"
    part.mkdir()
    plain = tmp_path / "plain"
    plain.mkdir()
    git("init", "-q", str(empty))
    for directory, told in (
        (plain, "`files` takes any directory"),
        (part, "is a part of the repo"),
        (empty, "has no commit yet"),
    ):
        with pytest.raises(UnusableRepo, match=told):
            checkout(directory)


def test_a_branch_that_no_remote_has_is_refused(tree: Path) -> None:
    git("switch", "-q", "-c", "mine", where=tree)
    with pytest.raises(UnusableRepo, match="git push -u REMOTE mine"):
        checkout(tree)
    git("branch", "-q", "--set-upstream-to", "main", where=tree)  # of this repo itself
    with pytest.raises(UnusableRepo, match="follows none of a remote"):
        checkout(tree)


def test_a_branch_that_is_gone_at_its_remote_is_refused(tree: Path) -> None:
    git("update-ref", "-d", "refs/remotes/origin/main", where=tree)
    with pytest.raises(UnusableRepo, match="follows none of a remote"):
        checkout(tree)


def test_a_commit_without_a_branch_is_refused(tree: Path) -> None:
    git("switch", "-q", "--detach", where=tree)
    with pytest.raises(UnusableRepo, match="on no branch"):
        checkout(tree)


def test_a_machine_without_git_says_so(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnusableRepo, match="needs git"):
        checkout(tree)
