"""What `runfold up` takes from the environment for the services in it."""

from datetime import timedelta
from pathlib import Path

import pytest

from runfold.embedded.bootstrap import parts
from runfold.embedded.settings import UpSettings
from runfold.log.retention import FOR_EVER, Kept


@pytest.fixture(autouse=True)
def _given_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNFOLD_DATA_DIR", str(tmp_path))


def test_everything_is_kept_for_ever_unless_it_is_said() -> None:
    assert parts(UpSettings()).retention.kept == FOR_EVER


def test_retention_is_the_log_service_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_LOG_OUTPUT_RETENTION", "90d")
    monkeypatch.setenv("RUNFOLD_LOG_METRICS_RETENTION", "12h")
    assert parts(UpSettings()).retention.kept == Kept(output=timedelta(days=90), metrics=timedelta(hours=12))
