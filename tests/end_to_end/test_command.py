"""The seeds' way with our own command: from a file to its output, and back to it."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from infra.testservers.program import free_ports
from tests.end_to_end.client import Client
from tests.end_to_end.command import Command, Said
from tests.end_to_end.embedded import Embedded
from tests.repository import TOKEN, Repository

SCREEN = Path(__file__).parent / "screens" / "apply.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environment = {"RUNFOLD_SSH_PORT": str(free_ports(1)[0])}
    embedded = Embedded(tmp_path_factory.mktemp("command") / "server", environment=environment)
    yield embedded.start()
    embedded.close()


@pytest.fixture
def command(server: Client, tmp_path: Path) -> Command:
    return Command(server.url, tmp_path)


def task(name: str, *commands: str) -> str:
    return json.dumps({"type": "task", "name": name, "commands": commands})


def ended_well(said: Said) -> Said:
    assert said.status == 0, said.error
    return said


def test_a_task_is_applied_and_its_output_alone_is_on_standard_output(command: Command) -> None:
    command.write(".dstack.yml", task("hello", "echo hello ${{ run.args }} $WHO")[:-1] + ', "env": ["WHO"]}')
    said = ended_well(command("apply", "-y", "-e", "WHO=there", "--", "out", "a b"))
    assert said.out == "hello out a b there\n"
    for text in ("resources", "hello: queued", "hello is done: exited (0)"):
        assert text in said.error

    listed = json.loads(ended_well(command("ps", "-a", "--json")).out)
    assert [run["status"] for run in listed["runs"] if run["run_spec"]["run_name"] == "hello"] == ["done"]
    assert json.loads(ended_well(command("run", "get", "hello", "--json")).out)["status"] == "done"
    assert ended_well(command("logs", "hello")).out == "hello out a b there\n"
    assert "hello" in ended_well(command("ps")).out
    assert re.search(
        r"\[run hello\] Run submitted", ended_well(command("event", "list", "--within-run", "hello")).out
    )


def test_a_failure_ends_with_its_reason_its_last_lines_and_what_to_do(command: Command) -> None:
    said = command(
        "apply", "-y", "-f", command.write("b.dstack.yml", task("broke", "echo last words", "exit 3"))
    )
    assert (said.status, said.out) == (1, "last words\n")
    end = said.error[said.error.index("broke is failed") :].splitlines()
    assert end[0].startswith("broke is failed: exited (3), after ")
    assert end[1:] == [
        "Why: container_exited_with_error",
        "Its last lines:",
        "  last words",
        "What to do: `runfold logs broke` shows all its output; `runfold rerun broke` runs it again",
    ]

    again = command("rerun", "broke", "-y", "--set", 'commands=["echo $A"]', "--set", "env.A=mended")
    assert (again.status, again.out) == (0, "mended\n"), again.error


def test_what_was_left_detached_is_followed_attached_to_and_stopped(command: Command, server: Client) -> None:
    file = command.write("long.dstack.yml", task("long", "echo begun", "sleep 60"))
    assert ended_well(command("apply", "-y", "-d", "-f", file)).out == ""
    server.follow_until(server.get("long"), b"begun\n")

    with (
        command.begun("logs", "long", "-f") as following,
        command.begun("attach", "long", "--logs") as attached,
    ):
        for each in (following, attached):
            assert each.stdout is not None and each.stdout.readline() == "begun\n"
        assert ended_well(command("stop", "long", "-y")).out == "long: stopping\n"
        assert (following.wait(30), attached.wait(30)) == (0, 1)
        assert attached.stderr is not None and "long is terminated: stopped" in attached.stderr.read()

    assert command("stop", "long", "-y").out == "long is over already: terminated\n"
    assert ended_well(command("delete", "long", "-y")).out == "run long is deleted\n"
    gone = command("logs", "long")
    assert (gone.status, gone.error.splitlines()[0].startswith("runfold: there is no run long")) == (1, True)


def test_an_active_run_gives_way_only_when_its_user_says_so(command: Command, server: Client) -> None:
    file = command.write("active.dstack.yml", task("active", "sleep 60"))
    ended_well(command("apply", "-y", "-d", "-f", file))
    first = server.get("active")["id"]

    assert "nothing changed" in ended_well(command("apply", "-y", "-d", "-f", file)).error

    command.write("active.dstack.yml", task("active", "sleep 61"))
    said = command("apply", "-d", "-f", file, stdin="n\n")
    assert "Stop it and submit it anew?" in said.error
    assert server.get("active")["id"] == first

    ended_well(command("apply", "-y", "-d", "-f", file))
    assert server.get("active")["id"] != first
    ended_well(command("stop", "active", "-x", "-y"))


def test_a_secret_reaches_a_job_and_what_the_job_uses_is_shown(command: Command) -> None:
    ended_well(command("secret", "set", "told", "-", stdin="whisper\n"))
    assert "told" in ended_well(command("secret", "list")).out
    assert ended_well(command("secret", "get", "told")).out == "whisper\n"
    text = task("secretive", "echo $TOLD")[:-1] + ', "env": {"TOLD": "${{ secrets.told }}"}}'
    assert ended_well(command("apply", "-y", "-f", command.write("s.dstack.yml", text))).out == "whisper\n"
    assert "secretive" in ended_well(command("metrics", "secretive")).out
    assert json.loads(ended_well(command("metrics", "secretive", "--json")).out)[0]["metrics"] == []

    ended_well(command("secret", "delete", "told", "-y"))
    assert command("secret", "get", "told").status == 1


def test_a_directory_is_applied_whole_fleets_first(command: Command) -> None:
    command.write("all/a.dstack.yml", task("one-of-two", "echo 1")[:-1] + ', "fleets": ["mine"]}')
    command.write("all/b.runfold.yml", task("two-of-two", "echo 2"))
    command.write("all/c.dstack.yml", "type: fleet\nname: mine\nnodes: 0..1\nresources: {gpu: 0}\n")
    said = ended_well(command("apply", "-y", "-f", "all"))
    assert said.out == "1\n2\n"
    assert said.error.index("fleet mine is") < said.error.index("one-of-two is submitted")

    assert "mine" in ended_well(command("fleet")).out
    assert json.loads(ended_well(command("fleet", "get", "mine", "--json")).out)["name"] == "mine"
    assert "did you mean mine?" in command("fleet", "delete", "mien", "-y").error
    ended_well(command("fleet", "delete", "mine", "-y"))


def test_who_watches_gets_a_line_for_each_change(command: Command, server: Client) -> None:
    server.submit("echo x", name="earlier")
    server.wait_for("earlier")
    with (
        command.begun("ps", "-a", "--watch", "--json") as runs,
        command.begun("event", "list", "-w", "--since", "1m", "--json") as events,
    ):
        assert runs.stdout is not None and events.stdout is not None
        until(runs.stdout, "earlier", '"status":"done"')
        server.submit("echo x", name="watched")
        until(runs.stdout, '"run_name":"watched"', '"status":"done"')
        until(events.stdout, '"name":"watched"', "TERMINATING -> DONE")


def until(lines: IO[str], *texts: str) -> None:
    """Returns once a line has all of them."""
    for line in lines:
        if all(text in line for text in texts):
            return
    raise AssertionError(f"{texts} never came")


def test_what_there_is_is_shown_without_a_run(command: Command, server: Client) -> None:
    offers = json.loads(ended_well(command("offer", "--json")).out)
    assert offers["total_offers"] == len(offers["offers"]) == 1
    assert "availability" in ended_well(command("offer", "--gpu", "0")).out.lower()
    assert json.loads(ended_well(command("offer", "--gpu", "H100", "--json")).out)["offers"] == []
    assert "cpu" in ended_well(command("offer", "--group-by", "gpu,backend")).out
    assert json.loads(ended_well(command("schema", "fleet")).out)["$ref"] == "#/$defs/FleetConfiguration"
    assert "name: runfold" in ended_well(command("skill")).out

    add = ("project", "add", "--name", "main", "--url", server.url, "--token", "-")
    assert command(*add, "-y", stdin="wrong\n").status == 1
    ended_well(command(*add, "-y", stdin="a-token-for-tests\n"))
    assert "admin" in ended_well(command("project", "list", "-v")).out
    assert ended_well(command("ps", "--json", RUNFOLD_URL="", RUNFOLD_TOKEN="")).status == 0
    ended_well(command("project", "delete", "main", "-y"))


def test_mistakes_are_told_in_one_line(command: Command) -> None:
    file = command.write("x.dstack.yml", '{"type": "task", "comands": ["a"]}')
    for said, told in (
        (command("apply", "-f", file), "did you mean `commands`?"),
        (
            command("apply", "-f", command.write("y.dstack.yml", "type: volume\nname: v\n")),
            "not yet supported",
        ),
        (command("ps", RUNFOLD_TOKEN="wrong"), "Invalid token"),
        (command("ps", "--project", "nowhere", RUNFOLD_TOKEN=""), "runfold project add --name nowhere"),
    ):
        assert (said.status, said.out, said.error.count("\n")) == (1, "", 1), said
        assert said.error.startswith("runfold: ") and told in said.error


def test_a_person_sees_plan_question_progress_output_and_end(command: Command) -> None:
    file = command.write("seen.dstack.yml", task("seen", "echo some output"))
    with command.in_terminal("apply", "-f", file) as terminal:
        terminal.asks("Submit it? [y/N]:")
        terminal.type("y\n")
        assert terminal.ended() == 0
        seen = steady(terminal.seen())
    if os.environ.get("RUNFOLD_TEST_WRITE_SCREENS"):
        SCREEN.write_text(seen)
    assert seen == SCREEN.read_text()


def test_ctrl_c_asks_whether_the_run_is_to_stop(command: Command, server: Client) -> None:
    for name, answer, told in (("left", "n", "left goes on"), ("ended", "y", "ended is being stopped")):
        file = command.write(f"{name}.dstack.yml", task(name, "echo begun", "sleep 60"))
        with command.in_terminal("apply", "-y", "-f", file) as terminal:
            terminal.shows("begun\n")
            terminal.type("\x03")
            terminal.asks(f"Stop {name}? [y/N]:")
            terminal.type(f"{answer}\n")
            terminal.shows(told)
            assert terminal.ended() == 1
    assert server.get("left")["status"] == "running"
    assert server.wait_for("ended")["ended"]["status"] == "terminated"
    server.stop("left", abort=True)


def steady(seen: str) -> str:
    """Without what differs between machines and moments."""
    seen = re.sub(r"cpu=\d+ mem=\d+GB disk=\d+GB *", "cpu=N mem=N disk=N  ", seen)
    seen = re.sub(r"  instance  RESOURCES *", "  INSTANCE  RESOURCES  ", seen)
    seen = re.sub(r"RESOURCES  +SPOT", "RESOURCES  SPOT", seen)
    seen = re.sub(r"queued → .*", "queued → …", seen)
    return re.sub(r"after [\d.]+s", "…", seen)


def test_files_beside_a_configuration_reach_the_job(command: Command) -> None:
    command.write("src/main.sh", "echo from a file")
    command.write("src/.gitignore", "*.log")
    command.write("src/not.log", "x")
    text = task("filed", "sh src/main.sh", "ls src")[:-1] + ', "files": ["src"]}'
    assert ended_well(command("apply", "-y", "-f", command.write("f.dstack.yml", text))).out == (
        "from a file\nmain.sh\n"
    )


def test_a_repo_is_there_as_it_is_here_or_at_its_url(command: Command, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    tree = repository.cloned(command.home / "tree")
    (tree / "kept.txt").write_text("changed here\n")
    (tree / "unknown.txt").write_text("unknown to git\n")
    text = task("local", "cat kept.txt unknown.txt")[:-1] + ', "repos": ["."]}'
    local = command.write("tree/r.dstack.yml", text)
    refused = command("apply", "-y", "-f", local)
    assert (refused.status, refused.error.count("\n")) == (1, 1)
    assert "isn't there for everyone" in refused.error
    said = ended_well(command("apply", "-y", "-f", local, "--gh-token", TOKEN))
    assert said.out == "changed here\nunknown to git\n"
    assert TOKEN not in ended_well(command("run", "get", "local", "--json")).out

    (tree / "kept.txt").write_text("changed since\n")
    assert ended_well(command("rerun", "local", "-y", "--set", "env.A=1")).out == said.out

    repo = (
        f'[{{"url": "{repository.url}", "branch": "main", "hash": "{repository.commit}", "path": "there"}}]'
    )
    text = task("remote", "cat there/kept.txt")[:-1] + f', "repos": {repo}}}'
    remote = command.write("r.dstack.yml", text)
    assert ended_well(command("apply", "-y", "-f", remote, "-t", TOKEN)).out == "as committed\n"
    repository.close()


def test_while_attached_ports_are_here_and_ssh_knows_the_run_by_its_name(
    command: Command, server: Client
) -> None:
    inner, outer = free_ports(2)
    serve = f"python3 -u -m http.server {inner} --bind 127.0.0.1"
    text = task("serves", "cd /", serve)[:-1] + f', "ports": ["{outer}:{inner}"]}}'
    ended_well(command("apply", "-y", "-d", "-f", command.write("s.dstack.yml", text)))
    server.follow_until(server.get("serves"), b"Serving")

    with command.begun("attach", "serves", "--logs") as attached:
        assert attached.stderr is not None
        until(attached.stderr, f"localhost:{outer} is its port {inner}; `ssh serves` opens a shell in it")
        assert fetched(outer).startswith(b"HTTP/1.0 200")
        config = command.home / ".ssh" / "config"
        shell = subprocess.run(
            ["ssh", "-F", str(config), "serves", "echo $RUNFOLD_RUN_NAME"], capture_output=True, timeout=60
        )
        assert (shell.returncode, shell.stdout, shell.stderr) == (0, b"serves\n", b"")

    assert not list((command.home / ".runfold" / "ssh" / "hosts").glob("*.conf"))
    server.stop("serves")


def fetched(port: int) -> bytes:
    """What is answered there, once a connection is taken: `ssh` tells nobody when it listens."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(100)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)
