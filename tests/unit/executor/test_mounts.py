"""Which directories of the host a container may see."""

from pathlib import Path

import pytest

from runfold.contracts.values import Mount
from runfold.executor.runtimes.docker.mounts import binds, refusal


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    return tmp_path / "data"


def test_what_lies_in_what_is_allowed_is_seen(data: Path) -> None:
    wanted = [Mount(str(data / "models"), "/models"), Mount(str(data), "/all")]
    assert refusal(wanted, [data]) is None
    assert binds(wanted, [data]) == {
        str(data / "models"): {"bind": "/models", "mode": "rw"},
        str(data): {"bind": "/all", "mode": "rw"},
    }


@pytest.mark.parametrize("path", ["../other", "..", "nowhere", "link"])
def test_nothing_else_is(data: Path, path: str) -> None:
    (data / "link").symlink_to(data.parent / "other")
    wanted = [Mount(str(data / path), "/mnt")]
    assert "RUNFOLD_ALLOW_MOUNTS" in str(refusal(wanted, [data]))
    assert binds(wanted, [data]) == {}


def test_where_nothing_is_allowed_nothing_is_seen(data: Path) -> None:
    assert refusal([Mount(str(data), "/mnt")], []) is not None


def test_what_is_optional_is_left_out_where_it_cannot_be_had(data: Path) -> None:
    wanted = [Mount("/etc", "/etc", optional=True), Mount(str(data), "/data", optional=True)]
    assert refusal(wanted, [data]) is None
    assert list(binds(wanted, [data])) == [str(data)]
