"""dstack's command line, attached to what runs: output, a shell, ports."""

import re
import time

import pytest
import requests

from infra.testservers.program import free_ports
from tests.clients.dstack_cli import Dstack

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]


def test_while_attached_a_shell_and_the_ports_are_there_until_it_is_stopped(dstack: Dstack) -> None:
    inner, outer = free_ports(2)
    serving = f"exec python3 -u -m http.server {inner} --bind 127.0.0.1"
    run = dstack.client.submit("echo begun", serving, name="serves", ports=[inner], env={"OWN": "of the job"})
    dstack.client.follow_until(run, b"Serving")

    attached = dstack.begin(f"attach serves --logs -p {outer}:{inner}")
    attached.until("Serving")
    shell = dstack.ssh("serves", "echo $OWN; exit 3")
    page = requests.get(f"http://localhost:{outer}/", timeout=30)
    dstack.client.stop("serves")
    ended = attached.end()

    assert (shell.status, shell.text) == (3, "of the job\n")
    assert page.status_code == 200
    assert f"- localhost:{outer} -> {inner}" in ended.lines
    assert "begun" in ended.lines
    assert (ended.status, ended.lines[-2]) == (1, "Stopped")


def test_ctrl_c_detaches_and_the_run_goes_on(dstack: Dstack) -> None:
    task = dstack.task("goes-on", "echo begun", "sleep 600")
    applied = dstack.begin(f"apply -f {task} -y")
    applied.until("begun")
    attached = dstack.begin("attach goes-on")
    attached.until("Press Ctrl+C to detach...")

    applied.interrupt()
    attached.interrupt()

    assert (applied.end().lines[-1], attached.end().lines[-1]) == ("Detached", "Detached")
    assert dstack.client.get("goes-on")["status"] == "running"
    dstack.client.stop("goes-on", abort=True)


def test_what_is_over_can_still_be_read_where_it_succeeded(dstack: Dstack) -> None:
    for name, command in (("ended-well", "true"), ("ended-badly", "false")):
        dstack.client.submit("echo said", command, name=name)
    dstack.client.wait_for("ended-well", "ended-badly")

    well, badly = dstack.together("attach ended-well --logs", "attach ended-badly --logs")

    assert (well.status, well.lines[-2:]) == (0, ["said", "Exited (0)"])
    assert (badly.status, badly.text) == (1, "Run ended-badly is failed\n")


def test_what_a_job_uses_is_shown(dstack: Dstack) -> None:
    dstack.client.submit("while :; do :; done", name="busy")
    await_samples(dstack, "busy", 5)

    shown = dstack("metrics busy")

    assert shown.status == 0
    assert "no data" not in shown.text
    assert re.search(r"job=0 +cpu .*\d%.*MB/", shown.text)
    dstack.client.stop("busy", abort=True)


def await_samples(dstack: Dstack, name: str, count: int) -> None:
    """Returns once there are so many; what is sampled is no event, so that it is asked for again and again."""
    deadline = time.monotonic() + 60
    while len(dstack.client.metrics(name, limit=count).get("memory_usage_bytes", [])) < count:
        assert time.monotonic() < deadline, f"{name} is never sampled"
        time.sleep(0.1)
