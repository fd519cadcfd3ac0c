"""Options of `runfold up` that can't be followed end it at once, with one line that names them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runfold.embedded.data_dir import DataDir
from runfold.embedded.up import up

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """What `up` says to options that it refuses."""

    def ask(**options: Any) -> str:
        with pytest.raises(SystemExit) as ended:
            up(data_dir=tmp_path / "server", **options)
        assert ended.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert not (tmp_path / "server").exists()
        return line

    return ask


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_no_host_has_is_refused(refused: Refused, port: int) -> None:
    assert refused(port=port).startswith("runfold up: --port (RUNFOLD_PORT): ")


def test_a_key_without_a_certificate_is_refused(refused: Refused, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()
    assert "--tls-key (RUNFOLD_TLS_KEY): " in refused(tls_key=key)


def test_a_certificate_without_a_key_is_refused(refused: Refused, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.touch()
    assert "both a certificate and its key" in refused(tls_cert=certificate)


def test_a_certificate_that_is_not_there_is_named(refused: Refused, tmp_path: Path) -> None:
    missing, key = tmp_path / "missing.pem", tmp_path / "key.pem"
    key.touch()
    line = refused(tls_cert=missing, tls_key=key)
    assert "--tls-cert (RUNFOLD_TLS_CERT): " in line
    assert str(missing) in line
    assert "--tls-key" not in line


def test_a_setting_of_the_gateways_own_is_refused_alike(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFOLD_BODY_LIMIT", "plenty")
    assert refused().startswith("runfold up: RUNFOLD_BODY_LIMIT: ")


def test_a_token_that_nobody_was_shown_lies_there_for_its_owner_alone(tmp_path: Path) -> None:
    untold = DataDir(tmp_path).untold
    assert untold.read() is None

    untold.keep("a-token")

    assert untold.read() == "a-token"
    assert (tmp_path / "admin.token").stat().st_mode & 0o077 == 0
    untold.forget()
    assert untold.read() is None
