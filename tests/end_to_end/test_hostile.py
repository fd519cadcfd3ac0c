"""What jobs and disks do to a server: taken in bounds, told, and nothing else disturbed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.end_to_end.client import Client
from tests.end_to_end.embedded import Embedded

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB; mounting needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_flood_of_lines_and_a_line_of_ten_megabytes_disturb_nobody(embedded: Embedded) -> None:
    client = embedded.start()
    before = embedded.memory()
    client.submit("seq 1 1000000", name="flood")
    client.submit("head -c 10000000 /dev/zero | tr '\\0' x", name="line")
    client.submit("head -c 100000 /dev/urandom | tee copy", "wc -c < copy", name="binary")

    client.submit("echo undisturbed", name="small")
    runs = client.wait_for("small", "flood", "line", "binary")

    assert {run["status"] for run in runs.values()} == {"done"}
    assert client.output(runs["small"]) == b"undisturbed\n"
    assert client.output(runs["flood"]) == "".join(f"{n}\n" for n in range(1, 1_000_001)).encode()
    assert client.output(runs["line"]) == b"x" * 10_000_000
    assert client.output(runs["binary"]).endswith(b"100000\n")
    assert embedded.memory() - before < 200 * MIB


def test_a_body_over_the_limit_and_a_bomb_are_refused_and_change_nothing(embedded: Embedded) -> None:
    client = embedded.start()
    url, headers = f"{client.url}/api/project/main/runs/apply", {"Content-Type": "application/json"}

    large = client.session.post(url, data=b'{"plan": "' + b"x" * 3 * MIB + b'"}', headers=headers, timeout=30)
    bomb = client.session.post(url, data=b"[" * 1_000_000, headers=headers, timeout=30)

    assert large.status_code == requests.codes.request_entity_too_large
    assert bomb.status_code == requests.codes.unprocessable_entity
    assert client.history("run.RunSubmitted") == []


@pytest.mark.chaos
def test_a_full_disk_is_told_and_all_goes_on_once_there_is_room(small_disk: Path) -> None:
    server = Embedded(small_disk / "server")
    try:
        client = server.start()
        client.submit("echo before; sleep 3; echo after", name="runs-on")
        next(client.events("job.AttemptStarted"))
        ballast = _fill(small_disk)

        refused = _until_refused(client)
        assert int(refused.headers["Retry-After"]) > 0

        ballast.unlink()
        run = client.wait_for("runs-on")["runs-on"]
        assert (run["status"], client.output(run)) == ("done", b"before\nafter\n")
        client.submit("echo room", name="later")
        assert client.wait_for("later")["later"]["status"] == "done"
    finally:
        server.close()


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def _until_refused(client: Client) -> requests.Response:
    """Some appends still fit into what the database's files have reserved."""
    for number in range(2000):
        spec = {"run_name": f"fills-{number}", "configuration": {"type": "task", "commands": ["true"] * 2000}}
        answer = client.post("/api/project/main/runs/apply", {"plan": {"run_spec": spec}, "force": False})
        if answer.status_code != requests.codes.ok:
            assert answer.status_code == requests.codes.service_unavailable, answer.text
            return answer
    raise AssertionError("the disk never got full")
