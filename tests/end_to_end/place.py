"""A server with its front door open, and jobs that are processes there, or containers."""

from typing import Any

from tests.end_to_end.embedded import Embedded
from tests.servers.fixtures import Engine


class Place:
    """A server with the front door open, and how jobs run there."""

    def __init__(self, server: Embedded, engine: Engine | None) -> None:
        self.server, self._engine = server, engine
        self.kind = "docker" if engine else "process"
        self.client = server.start()

    @property
    def shell(self) -> dict[str, Any]:
        """What a configuration says for its commands to find a shell."""
        return {"image": self._engine.shell_image} if self._engine else {}

    def submit(self, name: str, *commands: str, python: bool = False, **configuration: Any) -> dict[str, Any]:
        """Running, and it has said what it says first; where jobs are containers, with or without python3."""
        engine = self._engine
        image = {"image": engine.python_image if python else engine.shell_image} if engine else {}
        run = self.client.submit("echo ready", *commands, name=name, **image, **configuration)
        self.client.follow_until(run, b"ready")
        return self.client.get(name)
