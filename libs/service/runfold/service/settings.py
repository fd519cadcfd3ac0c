"""Settings from `RUNFOLD_…` environment variables; a secret also from the file that `RUNFOLD_…_FILE` names."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from annotated_types import Ge, Gt
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "RUNFOLD_"

S = TypeVar("S", bound="ServiceSettings")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,6})([smhdw])", value.strip())
    if found is None:
        raise ValueError(f"a duration is a number with s, m, h, d or w, such as 90d, not {value!r:.40}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


#: A span of time, above zero: `90d`, `12h`.
Duration = Annotated[timedelta, Gt(timedelta()), BeforeValidator(_duration)]


class SettingsError(Exception):
    """A setting is missing or malformed; the text names its variable and never its value."""


class ServiceSettings(BaseSettings):
    """What every process has; a service's own settings derive from it and add fields.

    Field `amqp_url` is read from RUNFOLD_AMQP_URL. Variables that no field asks for are ignored.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"  #: auto is console on a terminal, else JSON
    health_host: str = "127.0.0.1"
    health_port: int | None = None  #: /healthz, /readyz and /metrics; None serves none, 0 takes any free port
    stop_deadline: Annotated[float, Gt(0)] = 20.0  #: seconds from SIGTERM to the end, whatever hangs
    #: Stand by until no other replica of this service is active. Gateways and executors are always active.
    standby: bool = False
    #: Base URL of an OTLP/HTTP collector; without one there is no tracing.
    otlp_endpoint: str | None = Field(
        default=None, validation_alias=AliasChoices("RUNFOLD_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)


class ViewSettings(ServiceSettings):
    """Of a process that folds the log."""

    #: So many finished runs stay in memory; older ones are read from their rows.
    runs_in_memory: Annotated[int, Ge(0)] = 10_000


def load(settings: type[S], **given: Any) -> S:
    """Settings from the environment, `given` before it; raises SettingsError naming every variable at fault."""
    try:
        return settings(**given)
    except ValidationError as error:
        raise SettingsError("; ".join(_told(settings, problem) for problem in _problems(error))) from None


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads SecretStr fields from the files named by `<VARIABLE>_FILE`, as container secrets are mounted."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = _variable(field_name)
        path = os.environ.get(f"{variable}_FILE") if _is_secret(field.annotation) else None
        return (_read(variable, path) if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


def _read(variable: str, path: str) -> str:
    if os.environ.get(variable):
        raise SettingsError(f"both {variable} and {variable}_FILE are set; set one of them")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}_FILE: cannot read {path}: {error}") from error


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(argument) for argument in get_args(annotation))


def _variable(field_name: str) -> str:
    return f"{PREFIX}{field_name.upper()}"


def _problems(error: ValidationError) -> list[Any]:
    return list(error.errors(include_input=False, include_url=False, include_context=False))


def _told(settings: type[BaseSettings], problem: dict[str, Any]) -> str:
    where = [str(part) for part in problem["loc"]]
    variable = _variable(where[0]) if where and where[0] in settings.model_fields else ".".join(where)
    return f"{variable}: {problem['msg']}"
