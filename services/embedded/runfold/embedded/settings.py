"""Settings of `runfold up`; its options are these."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from runfold.gateway.settings import PortSettings
from runfold.service.settings import ViewSettings


class UpSettings(PortSettings, ViewSettings):
    data_dir: Path = Path("~/.runfold/server")
    admin_token: SecretStr | None = None
    runtime: Literal["auto", "docker", "process"] = "auto"
    allow_host_processes: bool = False
    master_key: SecretStr | None = None  #: else made and kept in the data directory

    @property
    def directory(self) -> Path:
        return self.data_dir.expanduser()
