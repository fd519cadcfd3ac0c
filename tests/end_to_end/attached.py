"""OpenSSH's own client, as dstack's CLI makes use of it: through the front door as a jump host, into a job."""

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.end_to_end.client import Client

JSON = dict[str, Any]
_TRUSTING = "IdentitiesOnly yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"


class Attached:
    """One user's way into one run; `directory` takes the user's key and the configuration."""

    def __init__(self, client: Client, run: JSON, directory: Path) -> None:
        data = run["jobs"][0]["job_submissions"][-1]["job_provisioning_data"]
        key, config = directory / "key", directory / "config"
        with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(client.post("/api/users/get_my_user").json()["ssh_private_key"])
        door = data["ssh_proxy"]
        shared = f"IdentityFile {key}\n{_TRUSTING}"
        config.write_text(
            f"Host door\nHostName {door['hostname']}\nPort {door['port']}\nUser {door['username']}\n{shared}"
            f"Host job\nHostName {data['hostname']}\nPort {data['ssh_port']}\nUser root\nProxyJump door\n{shared}"
        )
        self._options = ["-F", str(config)]

    def run(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """`ssh job` with these arguments before and after; a `job` among them is where it goes."""
        whole = arguments if "job" in arguments else ("job", *arguments)
        return subprocess.run(
            ["ssh", *self._options, *whole], input=given, capture_output=True, timeout=60, check=False
        )

    def copy(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["scp", *self._options, *arguments], capture_output=True, timeout=60, check=False
        )

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["ssh", *self._options, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
