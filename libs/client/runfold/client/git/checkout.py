"""A work tree of this machine: what it is a clone of, at which commit, and what it has beyond that."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from runfold.client.git.child import Failed, git
from runfold.client.git.errors import UnusableRepo

#: The same whatever the user's configuration likes to see; what a clone without submodules can take.
_PLAIN = (
    *("--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=dirty"),
)
_UPSTREAM = "--format=%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)"
_BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Checkout:
    """`commit` is the last that the remote is known to have; `patch` is what came since, pushed or not."""

    url: str
    branch: str
    commit: str
    patch: bytes
    user_name: str | None
    user_email: str | None


def checkout(directory: Path) -> Checkout:
    """Raises UnusableRepo for what no job's host could clone."""
    try:
        return _checkout(directory)
    except Failed as failure:
        raise UnusableRepo(f"{directory}: git says {failure}") from None


def _checkout(directory: Path) -> Checkout:
    _check_top(directory)
    remote, branch, tracked = _upstream(directory, _branch(directory))
    commit = _text(directory, "rev-parse", "--verify", f"{tracked}^{{commit}}")
    return Checkout(
        url=_text(directory, "remote", "get-url", remote),
        branch=branch.removeprefix(_BRANCHES),
        commit=commit,
        patch=_patch(directory, commit),
        user_name=_maybe(directory, "config", "user.name"),
        user_email=_maybe(directory, "config", "user.email"),
    )


def _check_top(directory: Path) -> None:
    """A directory further down would bring all that is above it."""
    try:
        top = Path(_text(directory, "rev-parse", "--show-toplevel"))
    except Failed as failure:
        raise UnusableRepo(
            f"{directory} is no work tree of Git's ({failure}); `files` takes any directory"
        ) from None
    if not top.samefile(directory):
        raise UnusableRepo(f"{directory} is a part of the repo {top}: name that, or take `files`")


def _branch(directory: Path) -> str:
    if _maybe(directory, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise UnusableRepo(f"{directory} has no commit yet: commit, and push it")
    branch = _maybe(directory, "symbolic-ref", "--quiet", "HEAD")
    if branch is None:
        raise UnusableRepo(f"{directory} is on no branch: `git switch` to one")
    return branch


def _upstream(directory: Path, branch: str) -> tuple[str, str, str]:
    """The remote, the branch there, and what is known of it here; `.` is this repo itself."""
    remote, there, tracked = _text(directory, "for-each-ref", _UPSTREAM, branch).split("\0")
    if remote in ("", ".") or not tracked or _maybe(directory, "rev-parse", "--verify", tracked) is None:
        name = branch.removeprefix(_BRANCHES)
        raise UnusableRepo(
            f"{directory}: branch {name} follows none of a remote: `git push -u REMOTE {name}`"
        )
    return remote, there, tracked


def _patch(directory: Path, commit: str) -> bytes:
    """With files that Git doesn't know yet, as an index of ours knows them; the user's own stays as it is."""
    with TemporaryDirectory(prefix="runfold-index-") as own:
        index = Path(own) / "index"
        theirs = directory / _text(directory, "rev-parse", "--git-path", "index")
        if theirs.exists():
            shutil.copyfile(theirs, index)
        _add_unknown(directory, environment := {"GIT_INDEX_FILE": str(index)})
        return git("diff", *_PLAIN, commit, at=directory, environment=environment)


def _add_unknown(directory: Path, environment: dict[str, str]) -> None:
    """But what is ignored, and repos within this one, whose names end with a slash."""
    listed = git(
        "ls-files", "--others", "--exclude-standard", "-z", at=directory, environment=environment
    ).split(b"\0")
    names = b"\0".join(name for name in listed if name and not name.endswith(b"/"))
    if names:
        add = ("add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul")
        git("--literal-pathspecs", *add, at=directory, environment=environment, given=names)


def _text(directory: Path, *arguments: str) -> str:
    """Without the line's end."""
    return git(*arguments, at=directory).decode(errors="surrogateescape").removesuffix("\n")


def _maybe(directory: Path, *arguments: str) -> str | None:
    """None where it says that there is none."""
    try:
        return _text(directory, *arguments) or None
    except Failed:
        return None
