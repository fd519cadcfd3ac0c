"""The tables in the READMEs say what the code does."""

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from runfold.embedded.settings import UpSettings
from runfold.executor.settings import ExecutorSettings
from runfold.gateway.bootstrap import RemoteGatewaySettings
from runfold.log.settings import LogSettings
from runfold.provisioner.bootstrap import ProvisionerSettings
from runfold.scheduler.bootstrap import SchedulerSettings
from runfold.service.settings import ServiceSettings

ROOT = Path(__file__).parents[3]
SHARED = "libs/service"
SERVICES: list[tuple[str, type[ServiceSettings]]] = [
    ("services/gateway", RemoteGatewaySettings),
    ("services/scheduler", SchedulerSettings),
    ("services/provisioner", ProvisionerSettings),
    ("services/executor", ExecutorSettings),
    ("services/log", LogSettings),
    ("services/embedded", UpSettings),
]
#: What a table calls a default that each machine makes for itself.
MADE_HERE = {"the host's name"}
NONE, REQUIRED = "–", "required"
_ROW = re.compile(r"^\| `(RUNFOLD_\w+)` \| ([^|]+) \|", re.MULTILINE)
_INSTRUMENT = re.compile(r'METRICS\.(?:counter|gauge|histogram)\(\s*"(\w+)"')


def documented(folder: str) -> dict[str, str]:
    """Defaults by variable."""
    return dict(_ROW.findall((ROOT / folder / "README.md").read_text()))


def variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias or f"RUNFOLD_{name.upper()}")


def fields_of(settings: type[ServiceSettings]) -> dict[str, FieldInfo]:
    """Those that differ from every service's."""
    shared = ServiceSettings.model_fields
    return {
        name: field
        for name, field in settings.model_fields.items()
        if name not in shared or field.default != shared[name].default
    }


@pytest.mark.parametrize(("folder", "settings"), SERVICES)
def test_a_service_s_table_has_all_its_settings_and_no_other(
    folder: str, settings: type[ServiceSettings]
) -> None:
    asked = {variable(name, field) for name, field in fields_of(settings).items()}
    assert documented(folder).keys() == asked


def test_the_shared_table_has_all_that_every_service_has() -> None:
    asked = {variable(name, field) for name, field in ServiceSettings.model_fields.items()}
    assert documented(SHARED).keys() == asked


@pytest.mark.parametrize(("folder", "settings"), [*SERVICES, (SHARED, ServiceSettings)])
def test_a_default_as_it_is_written_down_is_the_one_that_holds(
    folder: str, settings: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = documented(folder)
    required = [variable(n, f) for n, f in settings.model_fields.items() if f.is_required()]
    assert required == [name for name in required if told[name] == REQUIRED]
    given = dict.fromkeys(required, "x") | {"RUNFOLD_LOG_TOKENS": "a=b"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    defaults = settings().model_dump()
    for name, value in told.items():
        if value not in {NONE, REQUIRED} | MADE_HERE:
            monkeypatch.setenv(name, value)
    assert settings().model_dump() == defaults


@pytest.mark.parametrize(("folder", "settings"), [*SERVICES, (SHARED, ServiceSettings)])
def test_only_what_has_no_default_is_written_down_as_none(
    folder: str, settings: type[ServiceSettings]
) -> None:
    fields = {variable(name, field): field for name, field in settings.model_fields.items()}
    without = {name for name, value in documented(folder).items() if value == NONE}
    assert without == {
        name
        for name, field in fields.items()
        if name in documented(folder)
        and not field.is_required()
        and not field.get_default(call_default_factory=True)
        and field.default is not False
    }


def test_every_metric_is_in_the_table_and_only_those() -> None:
    sources = [*(ROOT / "libs").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    counted = {name for source in sources for name in _INSTRUMENT.findall(source.read_text())}
    table = re.findall(r"^\| `(runfold_\w+)` \|", (ROOT / SHARED / "README.md").read_text(), re.MULTILINE)
    assert set(table) == counted
    assert len(table) == len(counted)
