"""What the command line says about all documents that are applied at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runfold.client.cli.ssh.reach import Reach
from runfold.client.configuration import schemas
from runfold.client.configuration.documents import Document
from runfold.client.configuration.environment import with_environment
from runfold.client.configuration.interpolation import interpolated
from runfold.client.configuration.overrides import overridden
from runfold.client.git.access import Given


@dataclass(frozen=True, slots=True)
class Options:
    yes: bool = False
    force: bool = False
    verbose: bool = False
    name: str | None = None
    env: Sequence[str] = ()
    arguments: Sequence[str] = ()
    resources: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)  #: fields that go before the configuration's
    named_profile: str | None = None
    no_profile: bool = False
    max_offers: int = 3  #: of the plan, so many are shown
    reach: Reach = field(default_factory=Reach)
    #: What went along with the run that is submitted again, in place of what would be prepared for these fields.
    had: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    repo_access: Given = field(default_factory=Given)
    here: Path = field(default_factory=Path.cwd)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def filled(self, document: Document) -> Document:
        """With all that only this machine knows. Raises InvalidConfiguration."""
        schemas.check(document.path, document.configuration)
        configuration = interpolated(
            document.configuration, arguments=self.arguments, environment=self.environment
        )
        if self.name is not None:
            configuration = {**configuration, "name": self.name}
        if document.type != "fleet":
            configuration = overridden(configuration, self.resources, self.profile)
            configuration = with_environment(configuration, given=self.env, environment=self.environment)
        return document.having(configuration)
