"""Where the server is, who asks and in which project: what says so first."""

from pathlib import Path

import pytest

from runfold.client.errors import NotConfigured
from runfold.client.project_files import RUNFOLD, Known, projects_in, put
from runfold.client.settings import resolve

VARIABLES = (
    "RUNFOLD_URL",
    "RUNFOLD_TOKEN",
    "RUNFOLD_PROJECT",
    "DSTACK_SERVER_URL",
    "DSTACK_TOKEN",
    "DSTACK_PROJECT",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def configured(home: Path, folder: str, text: str) -> None:
    (home / folder).mkdir()
    (home / folder / "config.yml").write_text(f"projects:\n{text}")


def found(project: str | None = None) -> tuple[str, str, str]:
    settings = resolve(project)
    return settings.connect.url, settings.connect.token, settings.project


def test_without_anything_it_says_how_to_get_a_token() -> None:
    with pytest.raises(NotConfigured, match="RUNFOLD_TOKEN"):
        resolve()


def test_a_token_alone_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_TOKEN", "t")
    assert found() == ("http://127.0.0.1:3000", "t", "main")


def test_runfold_s_variables_go_before_dstack_s(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DSTACK_SERVER_URL", "http://d/"), ("DSTACK_TOKEN", "d"), ("DSTACK_PROJECT", "dp")):
        monkeypatch.setenv(name, value)
    assert found() == ("http://d", "d", "dp")
    for name, value in (("RUNFOLD_URL", "http://r"), ("RUNFOLD_TOKEN", "r"), ("RUNFOLD_PROJECT", "rp")):
        monkeypatch.setenv(name, value)
    assert found() == ("http://r", "r", "rp")


def test_runfold_s_file_goes_before_dstack_s_and_the_default_before_others(home: Path) -> None:
    configured(home, ".dstack", "- {name: old, url: 'http://d', token: d}")
    assert found() == ("http://d", "d", "old")
    configured(
        home,
        ".runfold",
        "- {name: a, url: 'http://a', token: ta}\n- {name: b, url: 'http://b', token: 12, default: true}",
    )
    assert found() == ("http://b", "12", "b")
    assert found("a") == ("http://a", "ta", "a")
    assert found("old") == ("http://d", "d", "old")


def test_a_token_is_sent_to_no_other_server_than_the_one_it_is_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(home, ".runfold", "- {name: main, url: 'http://mine', token: secret}")
    monkeypatch.setenv("RUNFOLD_URL", "http://other")
    with pytest.raises(NotConfigured):
        resolve()
    monkeypatch.setenv("RUNFOLD_URL", "http://mine/")
    assert found() == ("http://mine", "secret", "main")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUNFOLD_URL", "ftp://x"),
        ("RUNFOLD_URL", "http://[::1"),
        ("RUNFOLD_TOKEN", "ä"),
        ("RUNFOLD_PROJECT", "a/b"),
    ],
)
def test_what_can_be_no_server_token_or_project_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFOLD_TOKEN", "t")
    monkeypatch.setenv(name, value)
    with pytest.raises(NotConfigured):
        resolve()


def test_a_project_that_is_put_takes_the_place_of_its_name_and_keeps_what_else_the_file_says(
    home: Path,
) -> None:
    configured(home, ".runfold", "- {name: a, url: 'http://a', token: ta}\nother: kept\n")
    put(RUNFOLD, Known("b", "http://b", "tb"))
    put(RUNFOLD, Known("a", "http://new", "ta2", default=True))
    assert projects_in(RUNFOLD) == [
        Known("b", "http://b", "tb"),
        Known("a", "http://new", "ta2", default=True),
    ]
    path = home / ".runfold" / "config.yml"
    assert "other: kept" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
