"""Each service is told its own credentials and nobody else's."""

from pathlib import Path

import pytest

from infra.distributed.broker import EXCHANGES, PERMISSIONS, addresses, definitions
from infra.distributed.installation import SERVICES, Installation, Keys, kept_keys
from runfold.bus.topology import EXCHANGE_TYPES


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(
        tmp_path, "mongodb://database/runfold", {name: f"amqp://{name}" for name in SERVICES}, Keys()
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_its_own_broker_user_alone(installation: Installation, service: str) -> None:
    told = "\n".join(installation.environment(service, {}).values())
    assert [name for name in SERVICES if f"amqp://{name}" in told] == [service]


def test_the_database_is_known_to_the_log_service_alone(installation: Installation) -> None:
    assert [
        name
        for name in SERVICES
        if "mongodb://database/runfold" in installation.environment(name, {}).values()
    ] == ["log"]


def test_credentials_of_who_starts_them_are_not_inherited(installation: Installation) -> None:
    mine = {"RUNFOLD_MONGO_URL": "mine", "RUNFOLD_TEST_AMQP_URL": "mine", "RUNFOLD_LOG_LEVEL": "debug"}
    told = installation.environment("executor", mine)
    assert "mine" not in told.values()
    assert told["RUNFOLD_LOG_LEVEL"] == "debug"


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first = kept_keys(file)
    assert kept_keys(file) == first
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_lacks_nothing_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    kept_keys(file)
    before = file.stat().st_ino
    kept_keys(file)
    assert file.stat().st_ino == before
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_what_a_file_lacks_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"master_key": "kept"}')
    added = kept_keys(file)
    assert added.master_key == "kept"
    assert kept_keys(file) == added


def test_a_given_token_is_kept_from_the_first_start_on(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    assert kept_keys(file, admin_token="given").admin_token == "given"
    assert kept_keys(file).admin_token == "given"
    assert kept_keys(file, admin_token="later").admin_token == "given"


def test_the_exchanges_that_are_made_are_those_of_the_topology() -> None:
    assert {str(exchange): kind for exchange, kind in EXCHANGE_TYPES.items()} == EXCHANGES


def test_definitions_hold_no_password_in_clear() -> None:
    passwords = {name: f"secret-of-{name}" for name in PERMISSIONS}
    assert "secret-of" not in str(definitions(passwords))


def test_each_service_has_the_addresses_of_all_nodes_of_a_cluster() -> None:
    nodes = "amqp://guest:guest@one:5673/, amqp://guest:guest@two"
    told = addresses(nodes, {"log": "pass,word"}, "a/vhost", "p-")
    assert told == {
        "log": "amqp://p-log:pass%2Cword@one:5673/a%2Fvhost,amqp://p-log:pass%2Cword@two:5672/a%2Fvhost"
    }


def test_of_several_replicas_one_that_comes_back_stands_by(tmp_path: Path) -> None:
    urls = {name: f"amqp://{name}" for name in SERVICES}
    two = Installation(tmp_path, "mongodb://database", urls, Keys(), replicas=("log-2", "gateway-2"))
    assert two.as_standby("log") == two.as_standby("log-2") == {"RUNFOLD_STANDBY": "true"}
    assert two.as_standby("scheduler") == two.as_standby("gateway") == two.as_standby("executor") == {}
