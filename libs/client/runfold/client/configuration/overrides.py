"""What the command line says goes before what the file says."""

from collections.abc import Sequence
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
    retry: bool | None = None,
    spot: bool = False,
    on_demand: bool = False,
    spot_auto: bool = False,
) -> dict[str, Any]:
    """Raises InvalidConfiguration where two spot policies are asked for."""
    policies = {"spot": spot, "on-demand": on_demand, "auto": spot_auto}
    chosen = [name for name, wanted in policies.items() if wanted]
    if len(chosen) > 1:
        raise InvalidConfiguration("of --spot, --on-demand and --spot-auto only one can be given")
    return _given(
        fleets=[*fleets] if fleets else None,
        backends=[*backends] if backends else None,
        regions=[*regions] if regions else None,
        instance_types=[*instance_types] if instance_types else None,
        max_price=max_price,
        max_duration=max_duration,
        retry=retry,
        spot_policy=chosen[0] if chosen else None,
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


def _number(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdecimal() else text


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
