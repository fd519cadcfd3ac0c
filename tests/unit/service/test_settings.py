"""Settings come from the environment; secrets also from files; what is wrong is told without telling a value."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from runfold.service.settings import Duration, ServiceSettings, SettingsError, load


class Example(ServiceSettings):
    amqp_url: SecretStr
    master_key: SecretStr | None = None
    capacity: int = 1


@pytest.fixture(autouse=True)
def _given_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_AMQP_URL", "amqp://log:hush@broker/")


def test_a_field_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_CAPACITY", "7")
    assert load(Example).capacity == 7


def test_a_variable_no_field_asks_for_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_FROM_THE_FUTURE", "yes")
    assert load(Example).capacity == 1


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_CAPACITY", "")
    assert load(Example).capacity == 1


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_CAPACITY", "7")
    assert load(Example, capacity=9).capacity == 9


def test_a_secret_is_read_from_its_file_without_the_line_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("RUNFOLD_MASTER_KEY_FILE", str(tmp_path / "key"))
    key = load(Example).master_key
    assert key is not None
    assert key.get_secret_value() == "s3cret"


def test_what_is_no_secret_has_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "n").write_text("5")
    monkeypatch.setenv("RUNFOLD_CAPACITY_FILE", str(tmp_path / "n"))
    assert load(Example).capacity == 1


def test_a_secret_given_both_ways_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNFOLD_MASTER_KEY", "one")
    monkeypatch.setenv("RUNFOLD_MASTER_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="both RUNFOLD_MASTER_KEY and RUNFOLD_MASTER_KEY_FILE"):
        load(Example)


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNFOLD_MASTER_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(SettingsError, match=r"RUNFOLD_MASTER_KEY_FILE: cannot read .*absent"):
        load(Example)


def test_every_variable_at_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNFOLD_AMQP_URL")
    monkeypatch.setenv("RUNFOLD_CAPACITY", "many")
    with pytest.raises(SettingsError) as told:
        load(Example)
    assert "RUNFOLD_AMQP_URL: Field required" in str(told.value)
    assert "RUNFOLD_CAPACITY: " in str(told.value)


def test_the_value_at_fault_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_CAPACITY", "hunter2")
    with pytest.raises(SettingsError) as told:
        load(Example)
    assert "hunter2" not in str(told.value)


def test_a_secret_does_not_show_in_the_settings_text() -> None:
    assert "hush" not in repr(load(Example))


@pytest.mark.parametrize("variable", ["RUNFOLD_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_the_collector_is_named_by_our_variable_or_by_the_common_one(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://collector:4318")
    assert load(Example).otlp_endpoint == "http://collector:4318"


class Keeping(ServiceSettings):
    kept: Duration | None = None


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 7_776_000), ("12h", 43_200), ("5m", 300), ("1w", 604_800), ("7s", 7)]
)
def test_a_duration_is_a_number_and_a_unit(monkeypatch: pytest.MonkeyPatch, text: str, seconds: int) -> None:
    monkeypatch.setenv("RUNFOLD_KEPT", text)
    kept = load(Keeping).kept
    assert kept is not None and kept.total_seconds() == seconds


@pytest.mark.parametrize("text", ["90", "0d", "-1d", "1.5h", "P1D", "99999999d", "never"])
def test_what_is_no_duration_is_refused_by_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RUNFOLD_KEPT", text)
    with pytest.raises(SettingsError, match="RUNFOLD_KEPT"):
        load(Keeping)
