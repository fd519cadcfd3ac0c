"""RabbitMQ's users: one for each service and one for outsiders, who may only read `runfold.events`."""

import base64
import hashlib
import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

#: User to regular expressions of what it may configure, write and read.
PERMISSIONS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parents[1] / "broker" / "permissions.json").read_text()
)

#: What users without the right to make them need to find; the same as runfold.bus.topology's.
EXCHANGES = {
    "runfold.commits": "fanout",
    "runfold.events": "topic",
    "runfold.facts": "direct",
    "runfold.output": "direct",
    "runfold.work": "direct",
    "runfold.dead": "direct",
}


def definitions(passwords: Mapping[str, str], vhost: str = "/", prefix: str = "") -> dict[str, Any]:
    """What RabbitMQ imports: the exchanges, and a user `<prefix><service>` for each of `passwords`."""
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user(f"{prefix}{name}", password) for name, password in passwords.items()],
        "permissions": [
            {"vhost": vhost, "user": f"{prefix}{name}", **PERMISSIONS[name]} for name in passwords
        ],
        "exchanges": [_exchange(name, kind, vhost) for name, kind in EXCHANGES.items()],
    }


def install(management_url: str, wanted: Mapping[str, Any]) -> None:
    """Imports `wanted` into a running broker by its management API. Raises URLError, HTTPError."""
    parts = urlsplit(management_url)
    credentials = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"{parts.scheme}://{parts.hostname}:{parts.port}/api/definitions",
        data=json.dumps(wanted).encode(),
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


def addresses(url: str, passwords: Mapping[str, str], vhost: str = "/", prefix: str = "") -> dict[str, str]:
    """AMQP address of each service at the broker of `url`; as many as that names nodes, separated by commas."""
    nodes = [urlsplit(node.strip()) for node in url.split(",")]
    return {
        name: ",".join(_address(node, prefix + name, password, vhost) for node in nodes)
        for name, password in passwords.items()
    }


def _address(node: SplitResult, user: str, password: str, vhost: str) -> str:
    where = f"{node.hostname}:{node.port or 5672}/{quote(vhost, safe='')}"
    return f"{node.scheme}://{quote(user)}:{quote(password)}@{where}"


def _user(name: str, password: str) -> dict[str, Any]:
    salt = os.urandom(4)
    hashed = salt + hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(hashed).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _exchange(name: str, kind: str, vhost: str) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "type": kind,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }
