"""A first start leaves its token in the user's configuration, and everything else there as it was."""

from pathlib import Path

import pytest
import yaml

from runfold.embedded.config import holder, remember_token

URL = "http://127.0.0.1:3000"
WORK = {"name": "work", "url": "https://example.org", "token": "theirs", "default": True}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".runfold").mkdir()
    return tmp_path / ".runfold" / "config.yml"


def test_the_token_is_kept_for_its_owner_alone(config: Path) -> None:
    assert remember_token(URL, "mine") == config
    assert yaml.safe_load(config.read_text()) == {
        "projects": [{"name": "main", "url": URL, "token": "mine", "default": True}]
    }
    assert config.stat().st_mode & 0o077 == 0


def test_other_projects_stay_and_the_one_of_the_same_address_is_replaced(config: Path) -> None:
    stale = {"name": "main", "url": URL, "token": "stale"}
    config.write_text(yaml.safe_dump({"projects": [WORK, stale], "colour": "blue"}))

    remember_token(URL, "mine")

    kept = yaml.safe_load(config.read_text())
    assert kept["colour"] == "blue"
    assert [(each["name"], each["token"]) for each in kept["projects"]] == [
        ("work", "theirs"),
        ("main", "mine"),
    ]
    assert [each.get("default", False) for each in kept["projects"]] == [False, True]


def test_no_older_file_is_ever_written_over(config: Path) -> None:
    for content in ("first: 1\n", "second: [\n", "third: 3\n"):
        config.write_text(content)
        remember_token(URL, "mine")

    names = ["config.yml.old", "config.yml.old.1", "config.yml.old.2"]
    assert [config.with_name(name).read_text() for name in names] == [
        "first: 1\n",
        "second: [\n",
        "third: 3\n",
    ]


def test_it_is_known_whether_the_file_has_a_token_for_an_address(config: Path) -> None:
    assert holder(URL) is None
    remember_token(URL, "mine")
    assert holder(URL) == config
    assert holder("http://127.0.0.1:4000") is None
