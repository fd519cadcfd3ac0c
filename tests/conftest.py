"""What every test may ask for."""

import pytest

from tests.servers.fixtures import (
    amqp_url,
    breakable_broker,
    breakable_broker_of_run,
    breakable_docker,
    breakable_docker_of_run,
    breakable_mongo,
    breakable_mongo_of_run,
    broker,
    distributed,
    docker_engine,
    mongo_database,
    mongo_url,
    run_directory,
    say,
    vhost,
)

__all__ = [
    "amqp_url",
    "breakable_broker",
    "breakable_broker_of_run",
    "breakable_docker",
    "breakable_docker_of_run",
    "breakable_mongo",
    "breakable_mongo_of_run",
    "broker",
    "distributed",
    "docker_engine",
    "mongo_database",
    "mongo_url",
    "run_directory",
    "say",
    "vhost",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much of what takes long is run."""
    parser.addoption(
        "--walk",
        choices=("short", "whole"),
        default="short",
        help="how much of tests/chaos: a dozen points to die at, or all and a cluster too (some 15 minutes)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks `chaos` whatever asks for a server that it may break; tests that kill services say so themselves."""
    for item in items:
        if any(name.startswith("breakable_") for name in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.chaos)
