"""`repos` of a configuration: what is meant by it, and where that is."""

from typing import Any

import pytest

from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.configuration.repos import WantedRepo, wanted_repo
from runfold.client.git import urls
from runfold.client.git.errors import UnusableRepo


def wanted(*repos: Any) -> WantedRepo | None:
    return wanted_repo(Document("x.dstack.yml", {"type": "task", "repos": [*repos]}))


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        (".", WantedRepo(local_path=".")),
        ("../mine:/code", WantedRepo(local_path="../mine", path="/code")),
        ("https://github.com/a/b", WantedRepo(url="https://github.com/a/b")),
        ("https://github.com/a/b.git:~/b", WantedRepo(url="https://github.com/a/b.git", path="~/b")),
        ("https://host:8443/a/b:/code", WantedRepo(url="https://host:8443/a/b", path="/code")),
        ("git@github.com:a/b.git", WantedRepo(url="git@github.com:a/b.git")),
        ("git@github.com:a/b.git:/code", WantedRepo(url="git@github.com:a/b.git", path="/code")),
    ],
)
def test_a_repo_is_a_path_or_a_url_and_where_it_goes(text: str, repo: WantedRepo) -> None:
    assert wanted(text) == repo


def test_a_repo_is_spelled_out() -> None:
    spelled = {"url": "https://h/p", "branch": "next", "hash": "abc", "path": "/p", "if_exists": "skip"}
    assert wanted(spelled) == WantedRepo(url="https://h/p", branch="next", hash="abc", path="/p")
    assert wanted({"local_path": "p"}) == WantedRepo(local_path="p", path=".")
    assert wanted() is None


@pytest.mark.parametrize("repos", [[".", "."], [{}], [{"local_path": ".", "url": "https://h/p"}]])
def test_one_repo_of_one_kind_is_the_most(repos: list[Any]) -> None:
    with pytest.raises(InvalidConfiguration, match=r"x\.dstack\.yml"):
        wanted(*repos)


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/a/b.git",
        "https://ann:secret@github.com/a/b",
        "ssh://git@GitHub.com:22/a/b.git",
        "git@github.com:a/b.git",
    ],
)
def test_each_way_to_a_repo_leads_to_the_same_one(text: str) -> None:
    url = urls.parse(text)
    assert (url.name, url.id) == ("b", urls.parse("https://github.com/a/b").id)
    assert url.web.removesuffix(".git") == "https://github.com/a/b"
    assert "secret" not in repr(url)


def test_a_password_in_a_url_is_a_token_and_no_part_of_it() -> None:
    assert urls.parse("https://ann:secret@host:8443/p").token == "secret"
    assert urls.parse("https://secret@host:8443/p").token == "secret"
    assert urls.parse("https://ann:secret@host:8443/p").web == "https://host:8443/p"


def test_a_path_below_a_home_stays_there() -> None:
    assert urls.ssh("h", "p.git", user="ann", port=22) == "ann@h:p.git"
    assert urls.ssh("h", "p.git", user="ann", port=222) == "ssh://ann@h:222/p.git"
    assert urls.ssh("h", "/p.git", user="ann", port=22) == "ssh://ann@h/p.git"


@pytest.mark.parametrize(
    "text", ["/srv/git/p.git", "file:///srv/p", "ext::sh -c x", "https://host", "ssh://-oProxy=x/p", "-x:p"]
)
def test_what_a_jobs_host_can_not_clone_is_refused(text: str) -> None:
    with pytest.raises(UnusableRepo, match="a repo that jobs can clone"):
        urls.parse(text)


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(UnusableRepo) as refused:
        urls.parse("ftp://ann:secret@host/p")
    assert "secret" not in str(refused.value)
