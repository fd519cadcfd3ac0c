"""infra/services keeps the admin's token, and prints it only where it made it just now."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.distributed import cli
from infra.distributed.installation import Installation

Said = Callable[..., tuple[str, str]]


class Idle:
    """Five services that nobody needs to start here."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def start(self) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What one start, ended by Ctrl-C at once, prints to both streams."""

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "Services", Idle)
    monkeypatch.setattr(time, "sleep", interrupt)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("RUNFOLD_MONGO_URL", "mongodb://database")
    monkeypatch.setenv("RUNFOLD_AMQP_URL", "amqp://broker")
    for variable in ("RUNFOLD_AMQP_MANAGEMENT_URL", "RUNFOLD_ADMIN_TOKEN"):
        monkeypatch.delenv(variable, raising=False)

    def start(*options: str) -> tuple[str, str]:
        assert cli.main(["--data-dir", str(tmp_path / "services"), *options]) == 0
        printed = capsys.readouterr()
        return printed.out, printed.err

    return start


def kept(directory: Path) -> str:
    return str(json.loads((directory / "services" / "keys.json").read_text())["admin_token"])


def test_a_made_token_is_printed_by_the_start_that_made_it(said: Said, tmp_path: Path) -> None:
    first, _ = said()
    second, _ = said()
    assert f"the admin's token is {kept(tmp_path)}, and in {tmp_path}/services/keys.json" in first
    assert f"the admin's token is in {tmp_path}/services/keys.json" in second
    assert kept(tmp_path) not in second


def test_a_token_given_by_its_variable_is_kept_and_not_printed(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFOLD_ADMIN_TOKEN", "given-token")
    assert "given-token" not in said()[0]
    assert kept(tmp_path) == "given-token"


def test_a_token_given_after_the_first_start_is_told_to_be_of_no_use(said: Said, tmp_path: Path) -> None:
    said("--admin-token", "given-first")
    _, complaint = said("--admin-token", "given-later")
    assert complaint == (
        f"infra/services: the admin's token stays as it is in {tmp_path}/services/keys.json\n"
    )
    assert kept(tmp_path) == "given-first"
