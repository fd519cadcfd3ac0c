"""infra/services: the five services as plain processes, against any MongoDB and any RabbitMQ.

RUNFOLD_MONGO_URL names the database server, with the database as its path (default `runfold`); RUNFOLD_AMQP_URL names
the broker, or a cluster's nodes, separated by commas. With RUNFOLD_AMQP_MANAGEMENT_URL, each service gets a broker user
of its own, which may do what it needs to and no more; without it all of them use the one of RUNFOLD_AMQP_URL. A service
that ends is started again.

RUNFOLD_ADMIN_TOKEN, at the first start, is the admin's token. It is kept with the other keys in the data directory.
"""

import argparse
import os
import signal
import sys
import time
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import unquote, urlsplit

from infra.distributed import broker
from infra.distributed.installation import ONE_ACTIVE, SERVICES, Installation, Keys, kept_keys, service_of
from infra.distributed.processes import Services
from infra.testservers.program import StartFailed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit status."""
    options = _options(arguments)
    lacking = [name for name in ("RUNFOLD_MONGO_URL", "RUNFOLD_AMQP_URL") if not os.environ.get(name)]
    if lacking:
        print(
            f"infra/services: set {' and '.join(lacking)}; `infra/servers start` has some to lend",
            file=sys.stderr,
        )
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        made = not options.admin_token and not _keys_file(options).exists()
        services = Services(_installation(options))
    except urllib.error.URLError as problem:
        print(f"infra/services: RUNFOLD_AMQP_MANAGEMENT_URL: {problem}", file=sys.stderr)
        return 1
    return _run(services, token_made=made)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="infra/services", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="where the gateway listens (%(default)s)")
    parser.add_argument("--port", type=int, default=3000, help="the gateway's port (%(default)s)")
    parser.add_argument("--log-port", type=int, default=3100, help="the log service's port (%(default)s)")
    parser.add_argument(
        "--replicas",
        type=int,
        default=1,
        help="of log, scheduler, provisioner and gateway; all but the first of those three stand by (%(default)s)",
    )
    default = Path("~/.runfold/services")
    parser.add_argument(
        "--data-dir", type=Path, default=default, help="keys, logs, executor's journal (%(default)s)"
    )
    parser.add_argument(
        "--admin-token",
        default=os.environ.get("RUNFOLD_ADMIN_TOKEN"),
        help="at the first start, else made and printed; others see it in the list of processes, "
        "so rather set RUNFOLD_ADMIN_TOKEN",
    )
    return parser.parse_args(arguments)


def _keys_file(options: argparse.Namespace) -> Path:
    directory: Path = options.data_dir.expanduser()
    return directory / "keys.json"


def _installation(options: argparse.Namespace) -> Installation:
    file = _keys_file(options)
    directory = file.parent
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    given: str | None = options.admin_token
    keys = kept_keys(file, **({"admin_token": given} if given else {}))
    if given and given != keys.admin_token:
        print(f"infra/services: the admin's token stays as it is in {file}", file=sys.stderr)
    return Installation(
        directory=directory,
        mongo_url=_with_database(os.environ["RUNFOLD_MONGO_URL"]),
        amqp_urls=_amqp_urls(keys),
        keys=keys,
        host=options.host,
        gateway_port=options.port,
        log_port=options.log_port,
        replicas=tuple(
            f"{service}-{number}"
            for service in ("gateway", *ONE_ACTIVE)
            for number in range(2, options.replicas + 1)
        ),
    )


def _with_database(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.path.strip("/") else parts._replace(path="/runfold").geturl()


def _amqp_urls(keys: Keys) -> dict[str, str]:
    url, management_url = os.environ["RUNFOLD_AMQP_URL"], os.environ.get("RUNFOLD_AMQP_MANAGEMENT_URL")
    if not management_url:
        return dict.fromkeys(SERVICES, url)
    vhost = unquote(urlsplit(url.partition(",")[0]).path[1:]) or "/"
    broker.install(management_url, broker.definitions(keys.broker_passwords, vhost, prefix="runfold-"))
    return broker.addresses(url, keys.broker_passwords, vhost, prefix="runfold-")


def _run(services: Services, *, token_made: bool) -> int:
    installation = services.installation
    try:
        services.start()
        made = f" {installation.keys.admin_token}, and" if token_made else ""
        print(
            f"Runfold listens on {installation.url}; the admin's token is{made} in {installation.directory}/keys.json"
        )
        for name in installation.replicas:
            if service_of(name) == "gateway":
                print(f"Another gateway listens on {installation.url_of(name)}")
        print(f"Logs are in {installation.directory}; Ctrl-C stops all of them.", flush=True)
        while True:
            time.sleep(1)
            _restart_ended(services)
    except KeyboardInterrupt:
        return 0
    except StartFailed as problem:
        print(f"infra/services: {problem}", file=sys.stderr)
        return 1
    finally:
        services.stop()


def _restart_ended(services: Services) -> None:
    for name in services.installation.names:
        if not services.running(name):
            print(f"infra/services: {name} has ended and is started again", file=sys.stderr, flush=True)
            # Where another has taken over by then, it stays with that one.
            services.launch(name, environment=services.installation.as_standby(name))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
