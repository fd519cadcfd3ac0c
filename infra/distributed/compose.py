"""What docker-compose.yml reads: an environment file for each service, and the broker's users."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from infra.distributed.broker import addresses, definitions
from infra.distributed.installation import SERVICES, Installation, Keys, kept_keys
from infra.testservers.place import ROOT

FOLDER = ROOT / ".secrets"


def main() -> int:
    """Writes the files; what was made once stays, so that it may run before each start."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    keys = kept_keys(FOLDER / "keys.json")
    mongo_url = f"mongodb://runfold:{keys.database_password}@database/runfold?authSource=runfold"
    told = environments(keys, mongo_url, addresses("amqp://broker", keys.broker_passwords))
    for service in SERVICES:
        _write(f"{service}.env", _lines(told[service]))
    _write("broker.json", json.dumps(definitions(keys.broker_passwords), indent=2), readable=True)
    _write("database.env", _lines(_of_database(keys)))
    print(
        f"The admin's token is {keys.admin_token}; the outsider's password {keys.broker_passwords['outsider']}"
    )
    return 0


def environments(keys: Keys, mongo_url: str, amqp_urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What the environment file of each service says; the addresses are those in the services' own networks."""
    installation = Installation(
        directory=Path("/var/lib/runfold"),
        mongo_url=mongo_url,
        amqp_urls=amqp_urls,
        keys=keys,
        host="0.0.0.0",
        health_ports=dict.fromkeys(SERVICES, 9100),
    )
    return {service: _environment(installation, service) for service in SERVICES}


def _of_database(keys: Keys) -> dict[str, str]:
    return {
        "MONGO_INITDB_ROOT_USERNAME": "root",
        "MONGO_INITDB_ROOT_PASSWORD": keys.database_root_password,
        "MONGO_INITDB_DATABASE": "runfold",
        "RUNFOLD_DATABASE_PASSWORD": keys.database_password,
    }


def _environment(installation: Installation, service: str) -> dict[str, str]:
    told = installation.environment(service, {})
    # In a network of containers the log service has a name of its own.
    urls = {"RUNFOLD_LOG_URLS": "http://log:3100"} if "RUNFOLD_LOG_URLS" in told else {}
    own = {"RUNFOLD_LOG_ADDRESS": "http://log:3100"} if service == "log" else {}
    # As executors and users reach it, each from their own network.
    reached = {"RUNFOLD_GATEWAY_URL": "http://gateway:3000"} if service in ("gateway", "log") else {}
    ssh = {"RUNFOLD_SSH_ADDRESS": "127.0.0.1:3022"} if service == "gateway" else {}
    directory = {"RUNFOLD_EXECUTOR_DATA_DIR": "/var/lib/runfold"} if service == "executor" else {}
    return {**told, **urls, **own, **reached, **ssh, **directory}


def _lines(variables: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def _write(name: str, text: str, *, readable: bool = False) -> None:
    # The broker's file holds hashes, and is read by the broker's own user in its container.
    file = FOLDER / name
    file.touch(mode=0o600)
    file.write_text(text)
    os.chmod(file, 0o644 if readable else 0o600)
