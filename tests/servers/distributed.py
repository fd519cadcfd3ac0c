"""Five service processes for one test, each with credentials of its own, over servers that the test names."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from infra.distributed import broker as users
from infra.distributed.installation import Installation, Keys
from infra.distributed.processes import Services
from infra.testservers.program import free_ports
from tests.servers.broker import Broker


@contextlib.contextmanager
def five_services(
    directory: Path,
    broker: Broker,
    vhost: str,
    mongo_url: str,
    database: str,
    *,
    replicas: tuple[str, ...] = (),
) -> Iterator[Services]:
    """Not started yet, with further `replicas`; at the end they are killed, with the jobs that would outlive them."""
    with own_users(broker, vhost) as (keys, prefix):
        gateway_port, log_port = free_ports(2)
        installation = Installation(
            directory=directory,
            mongo_url=f"{mongo_url.rstrip('/')}/{database}",
            amqp_urls=users.addresses(broker.url, keys.broker_passwords, vhost, prefix),
            keys=keys,
            gateway_port=gateway_port,
            log_port=log_port,
            ssh_port=0,
            replicas=replicas,
        )
        services = Services(installation)
        try:
            yield services
        finally:
            services.kill()
            kill_those_of(directory)


@contextlib.contextmanager
def own_users(broker: Broker, vhost: str) -> Iterator[tuple[Keys, str]]:
    """New keys, and the prefix of the broker's users that have them, removed at the end."""
    keys, prefix = Keys(), f"{vhost}-"
    users.install(broker.management_url, users.definitions(keys.broker_passwords, vhost, prefix))
    try:
        yield keys, prefix
    finally:
        for name in keys.broker_passwords:
            with contextlib.suppress(OSError):
                broker.remove_user(f"{prefix}{name}")


def kill_those_of(directory: Path) -> None:
    """Kills every process that was started with a path below `directory`: supervisors and their jobs."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid() and _mentions(process, directory):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(process.name), signal.SIGKILL)


def _mentions(process: Path, directory: Path) -> bool:
    try:
        return f"{directory}/".encode() in (process / "cmdline").read_bytes() or (
            process / "cwd"
        ).readlink().is_relative_to(directory)
    except OSError:
        return False
