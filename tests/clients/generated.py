"""A client that a public generator makes of the OpenAPI document, and a program that uses it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from infra.testservers.environment import environment

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "contracts" / "openapi.json"
#: What the client is imported as.
PACKAGE = "runfold_client"


class GenerationFailed(Exception):
    """The generator left something out of the client, and says what."""


def generate(directory: Path) -> Path:
    """A folder from which the client may be imported; raises GenerationFailed on as much as a warning."""
    programs = _programs()
    command = [str(programs / "openapi-python-client"), "generate", "--fail-on-warning", "--meta", "none"]
    done = subprocess.run(
        [*command, "--path", str(DOCUMENT), "--output-path", str(directory / PACKAGE)],
        # It formats what it makes with the ruff beside it, and warns where there is none.
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    if done.returncode != 0 or "WARNING" in said.upper():
        raise GenerationFailed(said)
    return directory


def first_calls(client: Path, url: str, token: str) -> dict[str, Any]:
    """What `first_calls.py` finds at a server with the client that lies in the folder `client`."""
    done = subprocess.run(
        [str(_programs() / "python"), str(HERE / "first_calls.py")],
        env={"PYTHONPATH": str(client), "RUNFOLD_TEST_URL": url, "RUNFOLD_TEST_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _programs() -> Path:
    return environment("generator", HERE / "generator.lock")
