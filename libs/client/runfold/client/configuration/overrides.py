"""What the command line says goes before what the file says."""

from collections.abc import Mapping, Sequence
from typing import Any

from runfold.client.configuration.errors import InvalidConfiguration


def resources(
    *, cpu: str | None = None, gpu: str | None = None, memory: str | None = None, disk: str | None = None
) -> dict[str, Any]:
    """In the shorthands that the server takes."""
    return _given(cpu=cpu, gpu=_number(gpu), memory=memory, disk=disk)


def profile(
    *,
    fleets: Sequence[str] | None = None,
    backends: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    instance_types: Sequence[str] | None = None,
    max_price: float | None = None,
    max_duration: str | None = None,
    spot: bool = False,
    on_demand: bool = False,
    spot_auto: bool = False,
    spot_policy: str | None = None,
    reuse: bool = False,
    dont_destroy: bool = False,
    idle_duration: str | None = None,
    retry: bool | None = None,
    retry_duration: str | None = None,
) -> dict[str, Any]:
    """Raises InvalidConfiguration where two options say different things."""
    policies = {
        "--spot": spot,
        "--on-demand": on_demand,
        "--spot-auto": spot_auto,
        "--spot-policy": spot_policy,
    }
    _at_most_one(policies)
    _at_most_one({"--reuse": reuse, "--dont-destroy": dont_destroy, "--idle-duration": idle_duration})
    _at_most_one({"--retry or --no-retry": retry is not None, "--retry-duration": retry_duration})
    return _given(
        fleets=_listed(fleets),
        backends=_listed(backends),
        regions=_listed(regions),
        instance_types=_listed(instance_types),
        max_price=max_price,
        max_duration=max_duration,
        spot_policy="spot" if spot else "on-demand" if on_demand else "auto" if spot_auto else spot_policy,
        creation_policy="reuse" if reuse else None,
        idle_duration="off" if dont_destroy else idle_duration,
        retry={"duration": retry_duration} if retry_duration else retry,
    )


def overridden(
    configuration: dict[str, Any], resources: dict[str, Any], profile: dict[str, Any]
) -> dict[str, Any]:
    if not resources:
        return {**configuration, **profile}
    asked = configuration.get("resources")
    return {
        **configuration,
        **profile,
        "resources": {**(asked if isinstance(asked, dict) else {}), **resources},
    }


def with_settings(configuration: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """A copy in which `resources.cpu=4` or `env.LR=0.1` is so; values are YAML. Raises InvalidConfiguration."""
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not path or not equals:
            raise InvalidConfiguration(
                f"--set takes FIELD=VALUE, such as resources.cpu=4; {setting} isn't that"
            )
        configuration = _set(configuration, path.split("."), _yaml(value))
    return configuration


def _set(value: Any, path: Sequence[str], new: Any) -> Any:
    if not path:
        return new
    inner = value if isinstance(value, dict) else {}
    return {**inner, path[0]: _set(inner.get(path[0]), path[1:], new)}


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise InvalidConfiguration(f"{text} is no YAML value: quote it") from None


def _at_most_one(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        raise InvalidConfiguration(f"{' and '.join(given)}: only one of them can be given")


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return [*names] if names else None


def _number(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdecimal() else text


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
