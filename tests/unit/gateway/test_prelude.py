"""What a script does before its commands, tried in a shell of this host."""

import subprocess
import sys
from typing import Any

import pytest

from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.nodes import Node
from runfold.gateway.dialects.dstack.prelude import prelude

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ELSEWHERE = "3.9" if HERE != "3.9" else "3.10"


def run(command: str, *, of: int = 1, gpus: int = 0, path: str, **wanted: Any) -> tuple[int, str]:
    """Status and output of the command after the prelude."""
    task = TaskConfiguration.model_validate({"commands": ["x"], **wanted})
    env = {"PATH": path, "DSTACK_NODES_IPS": "10.0.0.1\n10.0.0.2", "DSTACK_GPUS_PER_NODE": str(gpus)}
    script = prelude(Node(task, of=of), "/bin/sh") + command
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout


@pytest.fixture
def path(tmp_path: Any) -> str:
    """With this Python under its full name alone, and what a minimal image has."""
    (tmp_path / f"python{HERE}").symlink_to(sys.executable)
    return f"{tmp_path}:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("gpus", "lines"), [(0, "10.0.0.1\n10.0.0.2\n"), (4, "10.0.0.1 slots=4\n10.0.0.2 slots=4\n")]
)
def test_nodes_have_a_hostfile_for_mpi(path: str, gpus: int, lines: str) -> None:
    assert run('cat "$DSTACK_MPI_HOSTFILE"', of=2, gpus=gpus, path=path) == (0, lines)


@pytest.mark.parametrize("name", ["python", "python3"])
def test_the_python_that_was_asked_for_goes_by_its_short_names(path: str, name: str) -> None:
    version = "import sys; print(*sys.version_info[:2], sep=chr(46))"
    assert run(f"{name} -c '{version}'", path=path, python=HERE) == (0, f"{HERE}\n")


def test_a_python_that_is_not_there_is_told_and_nothing_runs(tmp_path: Any) -> None:
    assert run("echo ran", path=str(tmp_path), python=ELSEWHERE) == (
        1,
        f"python: there is no Python {ELSEWHERE} here\n",
    )


def test_an_nvcc_that_is_not_there_is_told_and_nothing_runs(tmp_path: Any) -> None:
    assert run("echo ran", path=str(tmp_path), nvcc=True) == (1, "nvcc: there is no nvcc here\n")


def test_an_nvcc_that_is_there_is_enough(tmp_path: Any) -> None:
    (tmp_path / "nvcc").symlink_to("/bin/true")
    assert run("echo ran", path=str(tmp_path), nvcc=True) == (0, "ran\n")


def test_where_nothing_is_asked_for_nothing_is_done() -> None:
    task = TaskConfiguration.model_validate({"commands": ["x"]})
    assert prelude(Node(task), "/bin/bash") == ""


def test_a_shell_of_another_kind_is_left_alone() -> None:
    task = TaskConfiguration.model_validate({"commands": ["x"], "python": HERE})
    assert prelude(Node(task, of=2), "/usr/bin/fish") == ""
