"""What holds the workspace together: one namespace, arrows in one direction, one lock."""

import os
import re
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[3]
DISTRIBUTIONS = [
    ROOT / "contracts",
    ROOT / "libs",
    ROOT / "libs" / "client",
    *sorted((ROOT / "services").iterdir()),
]
LOCK = (ROOT / "requirements.lock").read_text()


def test_the_arrows_between_packages_point_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"))
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_namespace_belongs_to_no_distribution() -> None:
    assert [
        path
        for folder in ("contracts", "libs", "services")
        for path in (ROOT / folder).rglob("runfold/__init__.py")
    ] == []


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda path: path.name)
def test_what_a_distribution_needs_is_locked(distribution: Path) -> None:
    project = tomllib.loads((distribution / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    needed = [*project["dependencies"], *(need for extra in extras for need in extra)]
    names = [re.match(r"[a-z0-9-]+", need) for need in needed]
    foreign = [name[0] for name in names if name and not name[0].startswith("runfold-")]
    assert [name for name in foreign if not re.search(rf"^{name}==", LOCK, re.MULTILINE)] == []


def test_every_locked_version_has_hashes_and_no_address() -> None:
    versions = re.findall(r"^[a-z0-9-]+==", LOCK, re.MULTILINE)
    assert len(re.findall(r"^[a-z0-9-]+==[^\n]*\\\n    --hash=sha256:", LOCK, re.MULTILINE)) == len(versions)
    assert "://" not in LOCK


def test_a_second_infra_run_takes_under_a_third_of_a_second() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "RUNFOLD_GROUPS"}
    command = [str(ROOT / "infra" / "run"), "true"]
    # The machine may have other work: one try that has it to itself shows it.
    assert any(_seconds(command, environment) < 0.3 for _ in range(30))


def test_infra_run_names_a_command_that_is_not_there() -> None:
    run = subprocess.run([ROOT / "infra" / "run", "nosuch"], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (127, "infra/run: no command nosuch\n")


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True)
    return time.perf_counter() - begin
