"""Logs are structured, bound to their context, and hold no secret."""

import io
import logging as standard
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import structlog
from pydantic import SecretStr

from runfold.service.logging import bound, configure, get_logger


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers, level = standard.root.handlers[:], standard.root.level
    yield
    structlog.reset_defaults()
    standard.root.handlers, standard.root.level = handlers, level


@pytest.fixture
def out() -> io.BytesIO:
    stream = io.BytesIO()
    configure("gateway", to=stream)
    return stream


def lines(out: io.BytesIO) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in out.getvalue().splitlines()]


def test_a_line_names_its_service_logger_level_and_time(out: io.BytesIO) -> None:
    get_logger("runfold.test").info("placed", job="j1")
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "placed",
        "job": "j1",
        "level": "info",
        "logger": "runfold.test",
        "service": "gateway",
    }


def test_a_level_below_the_set_one_is_not_written(out: io.BytesIO) -> None:
    get_logger("runfold.test").debug("detail")
    assert lines(out) == []


def test_lines_within_a_context_carry_its_correlation_and_trace_ids(out: io.BytesIO) -> None:
    log = get_logger("runfold.test")
    with bound(correlation_id="c1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01", run="r1"):
        log.info("inside")
    log.info("outside")
    inside, outside = lines(out)
    assert (inside["correlation_id"], inside["trace_id"], inside["run"]) == ("c1", "a" * 32, "r1")
    assert not {"correlation_id", "trace_id", "run"} & outside.keys()


@pytest.mark.parametrize(
    "key", ["password", "admin_token", "Authorization", "master_key", "client_secret", "secrets", "apiKey"]
)
def test_a_value_under_a_secret_name_is_masked(out: io.BytesIO, key: str) -> None:
    get_logger("runfold.test").info("e", **{key: "hunter2", "nested": {key: "hunter2"}})
    (line,) = lines(out)
    assert line[key] == "***"
    assert line["nested"][key] == "***"


@pytest.mark.parametrize("key", ["token_id", "secret_name", "key"])
def test_a_name_that_only_sounds_like_one_is_not_masked(out: io.BytesIO, key: str) -> None:
    get_logger("runfold.test").info("e", **{key: "plain"})
    assert lines(out)[0][key] == "plain"


def test_a_password_within_a_url_is_masked_in_text_values_and_tracebacks(out: io.BytesIO) -> None:
    url = "amqp://log:hunter2@broker:5672/"
    try:
        raise ConnectionError(f"no answer from {url}")
    except ConnectionError:
        get_logger("runfold.test").exception(f"lost {url}", urls=[url])
    (line,) = lines(out)
    assert "hunter2" not in str(line)
    assert "amqp://log:***@broker:5672/" in line["exception"]


def test_a_secret_object_shows_as_stars(out: io.BytesIO) -> None:
    get_logger("runfold.test").info("e", given=SecretStr("hunter2"))
    assert b"hunter2" not in out.getvalue()


def test_a_library_that_logs_by_the_standard_way_is_heard(out: io.BytesIO) -> None:
    standard.getLogger("somebodys.library").warning("closed %s", "amqp://a:hunter2@b")
    (line,) = lines(out)
    assert (line["event"], line["level"], line["logger"]) == (
        "closed amqp://a:***@b",
        "warning",
        "somebodys.library",
    )


def test_console_lines_are_for_people_and_masked_too() -> None:
    stream = io.BytesIO()
    configure("gateway", form="console", to=stream)
    get_logger("runfold.test").info("placed", password="hunter2")
    text = stream.getvalue().decode()
    assert "placed" in text
    assert "password=***" in text


class _FullDisk(io.BytesIO):
    full = True

    def write(self, data: Any) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(data)


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    disk = _FullDisk()
    configure("gateway", form="json", to=disk)
    log = get_logger("runfold.test")
    log.info("lost")
    disk.full = False
    log.info("back")
    first, second = disk.getvalue().splitlines()
    assert first == b"(about 1 log lines were lost here)"
    assert msgspec.json.decode(second)["event"] == "back"
