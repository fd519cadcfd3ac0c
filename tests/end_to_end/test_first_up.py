"""The first `runfold up` on a machine, which shows a token that nothing shows again: also when it fails at first."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.end_to_end.client import Client
from tests.end_to_end.embedded import free_port


def test_a_first_start_whose_port_was_taken_loses_no_token(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = _start(tmp_path, taken.getsockname()[1])
        said, complaint = failed.communicate(timeout=30)

    assert failed.returncode == 1
    assert said == ""
    assert complaint.count("\n") == 1
    assert "address already in use: give another --port (RUNFOLD_PORT)" in complaint
    assert not _config(tmp_path).exists()

    port = free_port()
    with _up(tmp_path, port) as banner:
        project = _project(tmp_path)
        client = Client(project["url"], project["token"])
        assert client.post("/api/users/get_my_user", {}).json()["username"] == "admin"

    assert project["url"] == f"http://127.0.0.1:{port}"
    shown = f"Token of user admin, shown this once and kept in {_config(tmp_path)}: {project['token']}\n"
    assert shown in banner


def test_a_token_that_nobody_was_shown_is_shown_by_the_next_start_alone(tmp_path: Path) -> None:
    with _up(tmp_path, free_port()):
        pass
    token, untold = _project(tmp_path)["token"], tmp_path / "server" / "admin.token"
    assert not untold.exists()
    # As a kill between the founding and the showing leaves it.
    untold.write_text(token)

    with _up(tmp_path, free_port()) as second:
        pass
    with _up(tmp_path, free_port()) as third:
        pass

    assert f": {token}\n" in second
    assert token not in third
    assert "Token of" not in third


def test_a_later_start_says_where_the_token_is(tmp_path: Path) -> None:
    port = free_port()
    with _up(tmp_path, port):
        pass
    with _up(tmp_path, port) as banner:
        pass
    assert f"The token that stands for $RUNFOLD_TOKEN below is in {_config(tmp_path)}\n" in banner


def _start(home: Path, port: int) -> "subprocess.Popen[str]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUNFOLD_")}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "runfold.client", "up", "--port", str(port)),
            *("--data-dir", str(home / "server"), "--runtime", "process"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "HOME": str(home), "RUNFOLD_LOG_LEVEL": "error"},
    )


@contextmanager
def _up(home: Path, port: int) -> Iterator[str]:
    """What it prints up to the command to try, which is when it is up."""
    with _start(home, port) as server:
        assert server.stdout is not None
        try:
            lines = []
            for line in server.stdout:
                lines.append(line)
                if line.startswith("  curl "):
                    break
            yield "".join(lines)
        finally:
            server.terminate()
            server.communicate(timeout=30)


def _config(home: Path) -> Path:
    return home / ".runfold" / "config.yml"


def _project(home: Path) -> dict[str, str]:
    (project,) = yaml.safe_load(_config(home).read_text())["projects"]
    return dict(project)
