"""Attaching with OpenSSH's own client: a shell in what runs, its ports and files, and who is let in."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from infra.testservers.program import free_ports
from tests.end_to_end.attached import Attached
from tests.end_to_end.client import Client
from tests.end_to_end.place import Place

#: Listen on loopback alone, and say so.
SERVING = {
    "process": "python3 -u -m http.server {port} --bind 127.0.0.1",
    "docker": "httpd -p 127.0.0.1:{port} -h /bin; echo Serving; sleep 600",
}
#: Looks for `sleep 4711` for half a minute.
GONE = "for n in $(seq 300); do grep -qs 47[1]1 /proc/[0-9]*/cmdline || { echo gone; exit; }; sleep 0.1; done"


@pytest.fixture(scope="module")
def job(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Attached:
    run = place.submit("lasting", "sleep 600", env={"OWN": "of the job"})
    return Attached(place.client, run, tmp_path_factory.mktemp("user"))


def test_a_command_runs_in_the_job_and_ends_with_its_status(job: Attached) -> None:
    ended = job.run("echo $OWN; echo wrong >&2; exit 3")
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"of the job\n", b"wrong\n")


def test_what_is_piped_in_comes_out_whole(job: Attached) -> None:
    megabyte = os.urandom(1024) * 1024
    ended = job.run("cat", given=megabyte)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == megabyte


def test_without_a_command_there_is_a_shell(job: Attached) -> None:
    ended = job.run(given=b"echo from a shell\nexit 5\n")
    assert (ended.returncode, ended.stdout) == (5, b"from a shell\n")


def test_a_terminal_is_one_and_ctrl_c_ends_what_runs_in_it(job: Attached) -> None:
    session = job.begin("-tt", "job", "tty; echo begun; sleep 60; echo never")
    assert session.stdin is not None and session.stdout is not None
    assert session.stdout.readline().startswith(b"/dev/pts/")
    assert session.stdout.readline() == b"begun\r\n"
    session.stdin.write(b"\x03")
    session.stdin.flush()
    said, _ = session.communicate(timeout=30)
    assert b"never" not in said
    assert session.returncode == 130


def test_what_runs_in_a_session_ends_with_its_connection(job: Attached) -> None:
    session = job.begin("-tt", "job", "echo begun; exec sleep 4711")
    assert session.stdout is not None
    assert session.stdout.readline() == b"begun\r\n"
    session.kill()
    session.communicate()

    looked = job.run(GONE)

    assert looked.stdout == b"gone\n"


def test_a_port_of_the_jobs_own_loopback_is_forwarded(place: Place, tmp_path: Path) -> None:
    inner, outer = free_ports(2)
    run = place.submit("listens", SERVING[place.kind].format(port=inner))
    place.client.follow_until(run, b"Serving")
    job = Attached(place.client, run, tmp_path)
    forward = ("-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.1:{outer}:localhost:{inner}")
    forwarding = job.begin(*forward, "job", "echo on; cat")
    assert forwarding.stdout is not None
    assert forwarding.stdout.readline() == b"on\n"

    with closing(socket.create_connection(("127.0.0.1", outer), timeout=30)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(7) == b"HTTP/1."

    forwarding.communicate()
    refused = job.run("-o", "LogLevel=INFO", "-W", "localhost:1", "job")
    assert b"nothing answers at port 1 of the job" in refused.stderr


@pytest.mark.parametrize("place", ["process"], indirect=True)
def test_files_are_copied_in_and_out(place: Place, tmp_path: Path) -> None:
    run = place.submit("copies", "sleep 600")
    job, there, back = Attached(place.client, run, tmp_path), tmp_path / "there", tmp_path / "back"
    there.write_bytes(os.urandom(100_000))
    assert job.copy("-O", str(there), "job:copied").returncode == 0
    assert job.copy("-O", "job:copied", str(back)).returncode == 0
    assert back.read_bytes() == there.read_bytes()


@pytest.mark.parametrize("place", ["docker"], indirect=True)
def test_where_a_job_can_not_serve_files_it_is_said_what_is_missing(place: Place, tmp_path: Path) -> None:
    run = place.submit("bare", "sleep 600")
    copied = Attached(place.client, run, tmp_path).copy("-s", "job:/etc/passwd", str(tmp_path / "back"))
    assert copied.returncode != 0
    assert b"the job has no sftp-server" in copied.stderr


def test_a_session_ends_with_its_job(place: Place, tmp_path: Path) -> None:
    run = place.submit("ends", "sleep 600")
    session = Attached(place.client, run, tmp_path).begin("job", "echo begun; sleep 600")
    assert session.stdout is not None
    assert session.stdout.readline() == b"begun\n"

    place.client.stop("ends", abort=True)

    session.communicate(timeout=60)
    assert session.returncode != 0


def test_nobody_else_is_let_in(place: Place, tmp_path: Path) -> None:
    run = place.submit("private", "sleep 600")
    stranger = place.client.post("/api/users/create", {"username": "stranger", "global_role": "user"})
    token = stranger.json()["creds"]["token"]

    ended = Attached(Client(place.server.url, token), run, tmp_path).run("true")

    assert ended.returncode == 255
    assert b"Permission denied" in ended.stderr


def test_a_member_is_until_membership_ends_and_then_shown_out(place: Place, tmp_path: Path) -> None:
    run = place.submit("shared", "sleep 600")
    made = place.client.post("/api/users/create", {"username": "colleague", "global_role": "user"})
    member = Client(place.server.url, made.json()["creds"]["token"])
    place.client.post(
        "/api/projects/main/add_members", {"members": [{"username": "colleague", "project_role": "user"}]}
    )
    way = Attached(member, run, tmp_path)
    inside = way.begin("job", "echo in; sleep 600")
    assert inside.stdout is not None
    assert inside.stdout.readline() == b"in\n"

    place.client.post("/api/projects/main/remove_members", {"usernames": ["colleague"]})

    inside.communicate(timeout=30)
    assert inside.returncode != 0
    assert way.run("echo in").returncode == 255


def test_a_job_that_has_ended_says_so(place: Place, tmp_path: Path) -> None:
    place.submit("over")
    run = place.client.wait_for("over")["over"]
    ended = Attached(place.client, run, tmp_path).run("true")
    assert (ended.returncode, ended.stderr) == (255, b"runfold: the job has ended\r\n")


def test_other_hosts_are_not_reached_through_it(job: Attached) -> None:
    ended = job.run("-o", "LogLevel=INFO", "-W", "127.0.0.2:22", "job")
    assert ended.returncode == 255
    assert b"only ports of the job itself are reached from here" in ended.stderr
