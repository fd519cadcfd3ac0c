"""The `runfold` command as a user calls it."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.integration.gateway.world import World


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    out: str
    error: str


class Cli:
    """The command, in a home of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        known = {key: value for key, value in os.environ.items() if not key.startswith("RUNFOLD_")}
        self._environment = {**known, "HOME": str(home), "COLUMNS": "160", **environment}

    async def __call__(self, *arguments: str) -> Said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "runfold.client", *arguments),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), error.decode())


def url_of(world: World) -> str:
    assert world.gateway.address is not None
    host, port = world.gateway.address
    return f"http://{host}:{port}"
