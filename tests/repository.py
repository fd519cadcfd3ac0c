"""A repository of Git's, served over HTTP, and a clone of it with changes that aren't pushed."""

import base64
import os
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "token-of-a-user"


def git(*arguments: str, where: Path | None = None) -> bytes:
    """What it prints, as somebody whose own configuration says nothing."""
    who = {f"GIT_{role}_{what}": "somebody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["git", *arguments], cwd=where, env=environment, capture_output=True, check=True
    ).stdout


class Repository:
    """Whoever has the token may clone it, or anyone; it is one commit ahead of the work tree beside it."""

    def __init__(self, directory: Path, token: str | None = TOKEN) -> None:
        self.tree, self.bare = directory / "tree", directory / "served" / "p.git"
        git("init", "-q", "-b", "main", str(self.tree))
        (self.tree / "kept.txt").write_text("as committed\n")
        git("add", ".", where=self.tree)
        git("commit", "-q", "-m", "first", where=self.tree)
        self.commit = git("rev-parse", "HEAD", where=self.tree).strip().decode()
        (self.tree / "kept.txt").write_text("later\n")
        git("commit", "-q", "-a", "-m", "second", where=self.tree)
        git("clone", "-q", "--bare", str(self.tree), str(self.bare))
        git("update-server-info", where=self.bare)
        git("checkout", "-q", self.commit, where=self.tree)
        (self.tree / "kept.txt").write_text("changed since\n")
        self.patch = git("diff", "--binary", self.commit, where=self.tree)
        self._serve(directory / "served", token)

    def cloned(self, into: Path) -> Path:
        """A clone on its branch, as if it were made over HTTP: without asking for the token."""
        git("clone", "-q", str(self.bare), str(into))
        git("remote", "set-url", "origin", self.url, where=into)
        return into

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, directory: Path, token: str | None) -> None:
        handler = partial(_Guarded, token, directory=str(directory))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/p.git"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class _Guarded(SimpleHTTPRequestHandler):
    def __init__(self, token: str | None, *arguments: object, directory: str) -> None:
        self._token = token
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if self._token is None or base64.b64decode(given) == f"oauth2:{self._token}".encode():
            return super().do_GET()
        return self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
