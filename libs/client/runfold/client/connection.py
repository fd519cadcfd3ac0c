"""Where the server is and who asks: from the environment, else from the user's configuration."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import yaml

CONFIG = Path("~/.runfold/config.yml")
URL = "http://127.0.0.1:3000"
PATIENCE = 15.0  #: seconds; the server itself gives up sooner


class Failed(Exception):
    """A call that didn't come to its answer; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer, decoded from JSON; raises Failed."""
        address = f"{self.url}/api/runfold/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(address, content, headers, method=method), timeout=PATIENCE) as answer:
                return json.load(answer)
        except HTTPError as refusal:
            raise Failed(f"{self.url} answers {refusal.code}: {_told(refusal)}") from None
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise Failed(f"{self.url} does not answer: {reason}; RUNFOLD_URL says where it is") from None
        except ValueError:
            raise Failed(f"{self.url} answers what isn't JSON: is it Runfold?") from None


def connect() -> Connection:
    """By RUNFOLD_URL and RUNFOLD_TOKEN, else by what `~/.runfold/config.yml` says; raises Failed."""
    known = _configured()
    url = (os.environ.get("RUNFOLD_URL") or str(known.get("url") or URL)).rstrip("/")
    token = os.environ.get("RUNFOLD_TOKEN") or known.get("token")
    if not token:
        raise Failed(f"no token: set RUNFOLD_TOKEN, or have one in {CONFIG}")
    return Connection(url, str(token))


def _configured() -> dict[str, Any]:
    """The project that is the default, or the first; empty where there is none, or no file that can be read."""
    try:
        read = yaml.safe_load(CONFIG.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    listed = read.get("projects") if isinstance(read, dict) else None
    projects = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return next((each for each in projects if each.get("default")), projects[0] if projects else {})


def _told(refusal: HTTPError) -> str:
    try:
        return str(json.load(refusal)["detail"])
    except (ValueError, KeyError, TypeError):
        return refusal.reason
