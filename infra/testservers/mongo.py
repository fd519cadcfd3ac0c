"""A server that speaks MongoDB's protocol, as a program of this machine: MongoDB itself, FerretDB or nx-27017."""

import shutil
from pathlib import Path

from infra.testservers.place import INSTALLED
from infra.testservers.program import Server, free_ports, listens, which

#: What infra/servers builds with Go; main.go beside go.sum says why not FerretDB's own command.
FERRETDB = INSTALLED / "ferretdb"
#: What infra/servers installs where there is no Go: slower to be trusted, since it gets some updates wrong.
NX = INSTALLED / "nx" / "bin" / "nx-27017"


def program() -> str | None:
    """The path of the best such server at hand, if any."""
    installed = [str(path) for path in (FERRETDB, NX) if path.exists()]
    return which("mongod") or next(iter(installed), None)


class Mongo(Server):
    """A stand-alone database in `directory`, at a port that it keeps."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "mongo")
        self._port = _port(directory)

    @property
    def url(self) -> str:
        """Address without a database's name."""
        return f"mongodb://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Returns when it accepts connections, after 0.2 to 3 s; raises StartFailed."""
        path = program()
        if path is None:
            raise FileNotFoundError(
                "no MongoDB-speaking server is installed; `infra/servers install` brings one"
            )
        if self.running:
            return
        # A killed nx-27017 refuses to start beside its own pid file.
        (self.directory / "nx.pid").unlink(missing_ok=True)
        self._server.start(self._command(path))
        self._server.await_ready(lambda: listens(self._port), seconds=120)

    def discard(self) -> None:
        """Ends it and removes its data."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _command(self, path: str) -> list[str]:
        data = self.directory / "data"
        data.mkdir(exist_ok=True)
        port = str(self._port)
        if path == str(FERRETDB):
            return [path, f"127.0.0.1:{port}", str(data)]
        if path == str(NX):
            pid, log = self.directory / "nx.pid", self.directory / "nx.log"
            return [path, "--data-dir", str(data), "-p", port, "--pid-file", str(pid), "--log-file", str(log)]
        return [path, "--dbpath", str(data), "--port", port, "--bind_ip", "127.0.0.1"]


def _port(directory: Path) -> int:
    """Chosen once for a directory, so that a restarted server has the address it had."""
    file = directory / "port"
    if not file.exists():
        file.write_text(str(free_ports(1)[0]))
    return int(file.read_text())
