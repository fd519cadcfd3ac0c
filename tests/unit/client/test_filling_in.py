"""What only the user's machine knows: arguments, environment, flags, profiles."""

from pathlib import Path
from typing import Any

import pytest

from runfold.client.configuration.environment import with_environment
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.configuration.interpolation import interpolated
from runfold.client.configuration.overrides import overridden, profile, resources, with_settings
from runfold.client.configuration.profiles import profile as named_profile


def filled(configuration: dict[str, Any], *arguments: str, **environment: str) -> dict[str, Any]:
    return interpolated(configuration, arguments=arguments, environment=environment)


def test_arguments_are_quoted_where_commands_ask_for_them() -> None:
    commands = ["python train.py ${{ run.args }}", "echo ${{run.args}} $HOME ${HOME}"]
    found = filled({"commands": commands}, "--lr", "0.1", "a b")
    assert found["commands"] == ["python train.py --lr 0.1 'a b'", "echo --lr 0.1 'a b' $HOME ${HOME}"]


def test_without_arguments_nothing_stands_there() -> None:
    assert filled({"commands": ["run ${{ run.args }}!"]})["commands"] == ["run !"]


def test_a_group_s_commands_get_them_too() -> None:
    groups = [{"name": "a", "commands": ["${{ run.args }}"]}, {"name": "b"}]
    assert filled({"groups": groups}, "x")["groups"] == [{"name": "a", "commands": ["x"]}, {"name": "b"}]


def test_the_environment_is_for_the_registry_alone() -> None:
    auth = {"username": "${{ env.USER_NAME }}", "password": "${{ secrets.token }}"}
    found = filled({"registry_auth": auth, "commands": ["${{ env.USER_NAME }}"]}, USER_NAME="ann")
    assert found["registry_auth"] == {"username": "ann", "password": "${{ secrets.token }}"}
    assert found["commands"] == ["${{ env.USER_NAME }}"]


def test_a_doubled_dollar_is_the_text_itself() -> None:
    assert filled({"commands": ["echo $${{ run.args }}"]}, "x")["commands"] == ["echo ${{ run.args }}"]


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ({"commands": ["${{ run.name }}"]}, "there is no run.name"),
        ({"registry_auth": {"password": "${{ env.GONE }}"}}, "env.GONE"),
    ],
)
def test_what_nobody_knows_is_refused(configuration: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConfiguration, match=told):
        filled(configuration)


def test_variables_without_a_value_take_it_from_the_command_line_then_from_the_environment() -> None:
    wanted = {"env": ["A=1", "B", "C", "D="]}
    found = with_environment(wanted, given=["B=2", "E"], environment={"B": "no", "C": "3", "E": "5"})
    assert found["env"] == {"A": "1", "B": "2", "C": "3", "D": "", "E": "5"}


def test_a_mapping_is_filled_in_as_well() -> None:
    found = with_environment({"env": {"A": 1, "B": None}}, given=[], environment={"B": "2"})
    assert found["env"] == {"A": 1, "B": "2"}


def test_a_variable_that_nothing_gives_a_value_is_named() -> None:
    with pytest.raises(InvalidConfiguration, match="HF_TOKEN has no value"):
        with_environment({"env": ["HF_TOKEN"]}, given=[], environment={})


def test_flags_go_before_what_the_file_says_field_by_field() -> None:
    asked = {"type": "task", "resources": {"cpu": 2, "memory": "8GB"}, "max_price": 1}
    found = overridden(asked, resources(gpu="0", cpu="4"), profile(fleets=["local"], spot=True))
    assert found == {
        "type": "task",
        "resources": {"cpu": "4", "memory": "8GB", "gpu": 0},
        "max_price": 1,
        "fleets": ["local"],
        "spot_policy": "spot",
    }


def test_flags_have_the_fields_of_dstack_s_profile() -> None:
    assert profile(spot_policy="auto", reuse=True, retry_duration="1h") == {
        "spot_policy": "auto",
        "creation_policy": "reuse",
        "retry": {"duration": "1h"},
    }
    assert profile(dont_destroy=True, retry=False) == {"idle_duration": "off", "retry": False}


@pytest.mark.parametrize(
    "flags",
    [
        {"spot": True, "on_demand": True},
        {"spot_auto": True, "spot_policy": "spot"},
        {"reuse": True, "idle_duration": "1h"},
        {"retry": False, "retry_duration": "1h"},
    ],
)
def test_of_two_flags_that_say_different_things_none_is_guessed(flags: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfiguration, match="only one"):
        profile(**flags)


def test_settings_reach_into_fields_and_are_yaml() -> None:
    found = with_settings(
        {"env": {"A": "1"}}, ["resources.gpu=A100:2", "env.LR=0.1", "priority=5", "retry=true"]
    )
    assert found == {
        "env": {"A": "1", "LR": 0.1},
        "resources": {"gpu": "A100:2"},
        "priority": 5,
        "retry": True,
    }


@pytest.mark.parametrize("setting", ["resources.gpu", "=3", "a=[1"])
def test_what_is_no_setting_is_refused(setting: str) -> None:
    with pytest.raises(InvalidConfiguration):
        with_settings({}, [setting])


def test_a_profile_is_found_by_its_name_or_by_being_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert named_profile(None, tmp_path) is None
    (tmp_path / ".dstack").mkdir()
    listed = "profiles:\n- {name: large, max_price: 5}\n- {name: usual, default: true}\n"
    (tmp_path / ".dstack" / "profiles.yml").write_text(listed)
    assert named_profile("large", tmp_path) == {"name": "large", "max_price": 5}
    assert named_profile(None, tmp_path) == {"name": "usual", "default": True}
    with pytest.raises(InvalidConfiguration, match="did you mean large"):
        named_profile("lagre", tmp_path)
