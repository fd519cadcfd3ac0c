"""Every spelling of a value comes to the one canonical form of it (dstack spec, section 9.1)."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration
from runfold.gateway.dialects.dstack.configuration.profile import EntityReference, ProfileParams
from runfold.gateway.dialects.dstack.configuration.resources import ResourcesSpec
from runfold.gateway.dialects.dstack.configuration.scalars import Duration, Memory
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration


def canonical(kind: Any, value: Any) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter.dump_python(adapter.validate_python(value), mode="json")


def task(**fields: Any) -> Any:
    return TaskConfiguration(commands=["x"], **fields).model_dump(mode="json")


def resources(**fields: Any) -> Any:
    return ResourcesSpec.model_validate(fields).model_dump(mode="json")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (90, 90),
        ("90", 90),
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("1w", 604800),
        ("5 m", 300),
    ],
)
def test_durations(given: Any, seconds: int) -> None:
    assert canonical(Duration, given) == seconds


@pytest.mark.parametrize("given", ["", "x", "5y", "-5m", -1, 1.5, None, "1h30m", "9" * 30, True])
def test_what_is_no_duration(given: Any) -> None:
    with pytest.raises(ValidationError):
        canonical(Duration, given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("off", "off"), (False, "off"), (True, None), (None, None), ("2h", 7200), (0, 0)],
)
def test_durations_that_may_be_off(given: Any, kept: Any) -> None:
    assert ProfileParams(max_duration=given, stop_duration=given).stop_duration == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("off", -1), (False, -1), (-1, -1), ("-1", -1), (True, None), ("1h", 3600)]
)
def test_idle_durations(given: Any, kept: Any) -> None:
    assert FleetConfiguration(nodes=1, idle_duration=given).idle_duration == kept


@pytest.mark.parametrize(
    ("given", "gigabytes"),
    [
        (16, 16.0),
        ("16GB", 16.0),
        ("512MB", 0.5),
        ("1TB", 1024.0),
        ("1.5GB", 1.5),
        ("16", 16.0),
        ("2 gib", 2.0),
    ],
)
def test_amounts_of_memory(given: Any, gigabytes: float) -> None:
    assert canonical(Memory, given) == gigabytes


@pytest.mark.parametrize("given", ["x", "", "-1GB", -1, float("inf"), float("nan"), "1e5GB", True, "9" * 50])
def test_what_is_no_amount_of_memory(given: Any) -> None:
    with pytest.raises(ValidationError):
        canonical(Memory, given)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (4, {"min": 4, "max": 4}),
        ("4", {"min": 4, "max": 4}),
        ("2..8", {"min": 2, "max": 8}),
        ("4..", {"min": 4, "max": None}),
        ("..8", {"min": None, "max": 8}),
        ({"min": 2, "max": 3}, {"min": 2, "max": 3}),
        ({"count": "2..3"}, {"min": 2, "max": 3}),
    ],
)
def test_ranges(given: Any, count: Any) -> None:
    assert resources(cpu=given)["cpu"]["count"] == count


@pytest.mark.parametrize("given", ["..", "9..2", "a..b", "1..2..3", -1, {}, [], "1.5"])
def test_what_is_no_range(given: Any) -> None:
    with pytest.raises(ValidationError):
        resources(cpu={"count": given})


def test_a_cpu_may_have_an_architecture() -> None:
    assert resources(cpu="arm:4..")["cpu"] == {"arch": "arm", "count": {"min": 4, "max": None}}
    with pytest.raises(ValidationError):
        resources(cpu="mips:4")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (2, {"count": {"min": 2, "max": 2}}),
        ("A100", {"name": ["A100"], "vendor": "nvidia", "count": {"min": 1, "max": None}}),
        ("A100,H100", {"name": ["A100", "H100"], "vendor": "nvidia"}),
        ("A100:40GB:2", {"memory": {"min": 40.0, "max": 40.0}, "count": {"min": 2, "max": 2}}),
        ("24GB..:1..8", {"memory": {"min": 24.0, "max": None}, "count": {"min": 1, "max": 8}, "name": None}),
        ("nvidia:24GB", {"vendor": "nvidia", "memory": {"min": 24.0, "max": 24.0}}),
        ("amd:2", {"vendor": "amd", "count": {"min": 2, "max": 2}}),
        ("tpu:v5e-8", {"vendor": "google", "name": ["v5e-8"]}),
        ("tt:2", {"vendor": "tenstorrent"}),
        ({"name": "H100", "count": "1.."}, {"name": ["H100"], "count": {"min": 1, "max": None}}),
        ({"vendor": "TT"}, {"vendor": "tenstorrent"}),
        ({"compute_capability": "7.5"}, {"compute_capability": [7, 5]}),
    ],
)
def test_gpus(given: Any, kept: dict[str, Any]) -> None:
    gpu = resources(gpu=given)["gpu"]
    assert {key: gpu[key] for key in kept} == kept


@pytest.mark.parametrize("given", ["A100:H100", "1:2", "8GB:16GB", "A100:-1", {"vendor": "acme"}])
def test_what_is_no_gpu(given: Any) -> None:
    with pytest.raises(ValidationError):
        resources(gpu=given)


def test_without_words_resources_are_dstack_s_defaults() -> None:
    assert resources() == {
        "cpu": {"arch": None, "count": {"min": 2, "max": None}},
        "memory": {"min": 8.0, "max": None},
        "shm_size": None,
        "gpu": {
            "vendor": None,
            "name": None,
            "count": {"min": 0, "max": None},
            "memory": None,
            "total_memory": None,
            "compute_capability": None,
        },
        "disk": {"size": {"min": 100.0, "max": None}},
    }


@pytest.mark.parametrize("given", ["100GB..", {"size": "100GB.."}, {"min": 100}])
def test_disks(given: Any) -> None:
    assert resources(disk=given)["disk"] == {"size": {"min": 100.0, "max": None}}


@pytest.mark.parametrize(
    ("given", "local", "container"),
    [(8080, 8080, 8080), ("8080", 8080, 8080), ("80:8080", 80, 8080), ("*:80", None, 80)],
)
def test_ports(given: Any, local: int | None, container: int) -> None:
    assert task(ports=[given])["ports"] == [{"local_port": local, "container_port": container}]


@pytest.mark.parametrize("given", ["", ":", "80:", "a", 0, 65536, "80:90:100", True])
def test_what_is_no_port(given: Any) -> None:
    with pytest.raises(ValidationError):
        task(ports=[given])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["A=1", "B=x=y", "C="], {"A": "1", "B": "x=y", "C": ""}),
        ({"A": 1, "B": 1.5, "C": "x"}, {"A": "1", "B": "1.5", "C": "x"}),
        (["A=line\nbreak"], {"A": "line\nbreak"}),
    ],
)
def test_environments(given: Any, kept: Any) -> None:
    assert task(env=given)["env"] == kept


@pytest.mark.parametrize("given", [["A"], ["1A=x"], "A=1", {"A": None}, {"A": True}, [["A", "1"]]])
def test_what_is_no_environment(given: Any) -> None:
    with pytest.raises(ValidationError):
        task(env=given)


@pytest.mark.parametrize(
    ("given", "project", "name"),
    [
        ("f", None, "f"),
        ("p/f", "p", "f"),
        ({"name": "f"}, None, "f"),
        ({"project": "p", "name": "f"}, "p", "f"),
    ],
)
def test_references_to_fleets(given: Any, project: str | None, name: str) -> None:
    assert EntityReference.model_validate(given) == EntityReference(project=project, name=name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (2, {"min": 2, "max": 2}),
        ("2", {"min": 2, "max": 2}),
        ("0..2", {"min": 0, "max": 2}),
        ("1..", {"min": 1, "max": None}),
        ({"max": 3}, {"min": 0, "max": 3}),
        ({"min": 1, "target": 1, "max": 3}, {"min": 1, "max": 3}),
        ({"min": 1, "target": 2, "max": 3}, {"min": 1, "target": 2, "max": 3}),
    ],
)
def test_nodes_of_a_fleet(given: Any, kept: Any) -> None:
    configuration = FleetConfiguration.model_validate({"nodes": given})
    assert configuration.model_dump(mode="json")["nodes"] == kept


@pytest.mark.parametrize(
    "given", ["3..1", -1, "x", {"min": 2, "target": 1}, {"min": 0, "target": 4, "max": 3}]
)
def test_what_are_no_nodes(given: Any) -> None:
    with pytest.raises(ValidationError):
        FleetConfiguration.model_validate({"nodes": given})


def test_a_canonical_configuration_is_its_own_canonical_form() -> None:
    first = task(
        ports=["80:81"],
        env=["A=1"],
        retry=True,
        max_duration="off",
        resources={"gpu": "A100:40GB:2", "cpu": "arm:4"},
    )
    again = TaskConfiguration.model_validate(first).model_dump(mode="json")
    assert again == first
