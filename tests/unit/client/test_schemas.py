"""The schemas that ship with the client: what people write fits them, what they mistype is found."""

from typing import Any

import jsonschema
import pytest
import yaml

from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.configuration.schemas import check, schema, types

WRITTEN = [
    "{type: task, name: hello, commands: [echo hello]}",
    "{type: task, commands: [a], env: [A=1, B], ports: [8080, '80:8080'], python: 3.12}",
    "{type: task, commands: [a], env: {A: x}, max_duration: 2h, stop_duration: off, idle_duration: false}",
    "{type: task, image: x, resources: {cpu: 2.., memory: 8GB..32GB, gpu: 'A100:40GB:2', shm_size: 16GB}}",
    "{type: task, image: x, resources: {cpu: arm:4.., memory: 16, gpu: {name: H100, count: 2, memory: 80GB}}}",
    "{type: task, image: x, resources: {cpu: {min: 2}, memory: {min: 8GB}, disk: {min: 10GB}}}",
    "{type: task, image: x, fleets: [local, other/gpus, {name: x}], retry: true, spot_policy: auto}",
    "{type: task, image: x, retry: {on_events: [error], duration: 1h}, schedule: {cron: 0 8 * * *}}",
    "{type: fleet, name: default, nodes: 0..1, idle_duration: 1h, resources: {gpu: 0}}",
    "{type: fleet, name: default, nodes: {min: 1, max: 3}, blocks: auto}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_fits(text: str) -> None:
    configuration = yaml.safe_load(text)
    jsonschema.Draft202012Validator(schema()).validate(configuration)
    jsonschema.Draft202012Validator(schema(configuration["type"])).validate(configuration)
    check("x.dstack.yml", configuration)


def test_each_is_a_schema_of_its_own() -> None:
    assert types() == ["fleet", "task"]
    for kind in (None, *types()):
        jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{type: task, comands: [a]}", "there is no field `comands`; did you mean `commands`?"),
        ("{type: task, resources: {gpus: 1}}", "there is no field `resources.gpus`; did you mean `gpu`?"),
        ("{type: task, resources: {gpu: {cuont: 1}}}", "`resources.gpu.cuont`; did you mean `count`?"),
        ("{type: task, retry: {zzz: 1}}", "`retry.zzz`; there are duration, on_events"),
        ("{type: fleet, idle: 1h}", "`idle`"),
    ],
)
def test_a_field_that_there_is_none_of_is_named_with_the_one_that_was_meant(text: str, told: str) -> None:
    configuration: dict[str, Any] = yaml.safe_load(text)
    with pytest.raises(InvalidConfiguration) as refused:
        check("x.dstack.yml", configuration)
    assert told in str(refused.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema(configuration["type"])).validate(configuration)


def test_keys_that_users_choose_are_no_fields() -> None:
    check("x", {"type": "task", "env": {"comands": "1"}, "tags": {"any": "1"}})
