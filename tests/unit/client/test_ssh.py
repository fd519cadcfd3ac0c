"""Ways into a job by `ssh`: which ports come here, and what its configuration says."""

from pathlib import Path

import pytest

from runfold.client.cli.ssh.files import Host, SshFiles
from runfold.client.cli.ssh.ports import Forward, forwards, parse
from runfold.client.models.runs import AppSpec, Job, JobSpec


def host(name: str = "hello", **fields: object) -> Host:
    told = {
        "hostname": "job-1",
        "port": 10022,
        "user": "root",
        "door_hostname": "server",
        "door_port": 3022,
        "door_user": "attempt-1",
        "identity": Path("/key"),
    }
    return Host(name=name, **{**told, **fields})  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> SshFiles:
    return SshFiles(tmp_path / "runfold" / "ssh", tmp_path / "ssh" / "config")


def test_a_run_is_a_host_behind_the_front_door(files: SshFiles) -> None:
    lines = [line.strip() for line in files.add(host()).read_text().splitlines()]
    assert lines[:4] == ["Host hello-door", "HostName server", "Port 3022", "User attempt-1"]
    job = lines[lines.index("Host hello") :]
    assert job[:5] == ["Host hello", "HostName job-1", "Port 10022", "User root", "ProxyJump hello-door"]


def test_the_users_own_configuration_includes_it_once_and_keeps_the_rest(files: SshFiles) -> None:
    files.own.parent.mkdir()
    files.own.write_text("Host other\n    Port 7\n")
    files.add(host())
    files.add(host("world"))
    include, *rest = files.own.read_text().splitlines()
    assert include == f"Include {files.directory}/hosts/*.conf"
    assert rest == ["Host other", "    Port 7"]


def test_two_runs_have_a_file_each_and_one_that_is_over_leaves_none(files: SshFiles) -> None:
    first, second = files.add(host()), files.add(host("world"))
    files.remove("hello")
    files.remove("hello")
    assert not first.exists()
    assert second.exists()


def test_the_door_is_known_from_the_first_time_on(files: SshFiles) -> None:
    door, job = files.add(host()).read_text().split("Host hello\n")
    assert "StrictHostKeyChecking accept-new" in door
    assert f'UserKnownHostsFile "{files.directory}/known_hosts"' in door
    assert "UserKnownHostsFile /dev/null" in job


def test_a_key_is_its_owners_alone(files: SshFiles) -> None:
    key = files.key("private\n")
    assert key.read_text() == "private\n"
    assert key.stat().st_mode & 0o777 == 0o600


def test_what_a_server_tells_can_not_add_a_line_to_the_configuration(files: SshFiles) -> None:
    with pytest.raises(ValueError, match="can't know"):
        files.add(host(hostname="x\n    ProxyCommand evil"))


@pytest.mark.parametrize(
    ("text", "forward"),
    [("8080", Forward(8080, 8080)), ("8000:8080", Forward(8000, 8080)), ("*:8080", Forward(0, 8080))],
)
def test_a_port_is_given_in_three_ways(text: str, forward: Forward) -> None:
    assert parse(text) == forward


@pytest.mark.parametrize("text", ["", "x", ":80", "80:", "0", "70000", "1:2:3", "-1"])
def test_other_ways_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_what_is_given_goes_before_what_the_configuration_declares() -> None:
    job = Job(JobSpec("hello-0-0", app_specs=(AppSpec(80, 8000), AppSpec(81, 8001))))
    assert forwards(job, [Forward(9000, 81), Forward(9002, 82)]) == [
        Forward(8000, 80),
        Forward(9000, 81),
        Forward(9002, 82),
    ]


def test_any_port_is_a_free_one() -> None:
    (forward,) = forwards(Job(JobSpec("hello-0-0", app_specs=(AppSpec(80, None),))), [])
    assert (forward.remote, forward.local > 0) == (80, True)
