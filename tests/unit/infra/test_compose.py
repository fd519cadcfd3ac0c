"""docker-compose.yml gives each service its own credentials and reach, and no more."""

from typing import Any

import pytest
import yaml

from infra.distributed.installation import SERVICES
from infra.testservers.place import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_its_own_environment_file_alone(service: str) -> None:
    assert COMPOSE["services"][service]["env_file"] == [f".secrets/{service}.env"]


def test_only_the_log_service_reaches_the_database() -> None:
    reaching = [name for name, service in COMPOSE["services"].items() if "database" in service["networks"]]
    assert sorted(reaching) == ["database", "log"]


def test_an_executor_reaches_of_all_services_the_gateway_alone_to_which_it_opens_connections() -> None:
    assert _neighbours("executor") == {"broker", "collector", "gateway"}


def test_jobs_without_an_image_run_in_one_that_building_the_services_brought() -> None:
    default = COMPOSE["services"]["executor"]["environment"]["RUNFOLD_DEFAULT_IMAGE"]
    assert default == "${RUNFOLD_DEFAULT_IMAGE:-python:3.12-slim}"
    assert "base=${BASE:-python:3.12-slim}" in (ROOT / "infra" / "images" / "build").read_text()


def test_what_is_published_listens_on_loopback() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_images_of_others_are_pinned() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    foreign = [image for image in images if not image.startswith("runfold/")]
    assert all(":" in image and not image.endswith(":latest") for image in foreign)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_an_image_of_wheels_alone(service: str) -> None:
    dockerfile = (ROOT / "services" / service / "Dockerfile").read_text()
    assert f"--no-index --find-links /wheels runfold-{service}\n" in dockerfile
    assert f'CMD ["python3", "-m", "runfold.{service}"]' in dockerfile


def _neighbours(service: str) -> set[str]:
    """Who shares a network with `service`: containers of one network reach each other's every port."""
    own = {*COMPOSE["services"][service]["networks"]}
    others = {name: {*each["networks"]} for name, each in COMPOSE["services"].items() if name != service}
    return {name for name, networks in others.items() if networks & own}
