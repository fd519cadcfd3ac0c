"""One pull of an image: the engine's account of it, read in a thread, and cut off from another."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from runfold.executor.runtime import StartFailed

MB = 1_000_000
#: Seconds between two sentences.
PACE = 1.0
#: Seconds of silence that end a pull: the engine itself would wait for a registry without end.
PATIENCE = 120.0
_CONNECT = 10.0  #: seconds


class Pull:
    """`told` hears how far it is, in the thread that runs it; `time` in seconds."""

    def __init__(
        self,
        image: str,
        auth: dict[str, str] | None,
        told: Callable[[str], None],
        time: Callable[[], float],
    ) -> None:
        self._image = image
        self._auth = auth
        self._progress = Progress(image, told, time)
        self._lock = threading.Lock()
        self._stream: Any = None
        self._cut = False

    def run(self, client: Any) -> None:
        """Raises StartFailed for what engine or registry say went wrong, or don't say; and the errors of requests."""
        try:
            self._progress.follow(self._lines(client.api))
        except Exception as error:
            if self._cut:
                return
            if _is_silence(error):
                raise no_image(
                    self._image, f"nothing of it came for {PATIENCE:g} s; is its registry up?"
                ) from error
            raise

    @property
    def is_cut(self) -> bool:
        return self._cut

    def cut(self) -> None:
        """The engine gives up what it hasn't pulled yet. Before it has answered at all, this thread takes until
        PATIENCE to notice."""
        with self._lock:
            self._cut = True
            if self._stream is not None:
                with suppress(Exception):  # it may have ended by itself
                    self._stream.close()

    def _lines(self, api: Any) -> Iterator[dict[str, Any]]:
        """By the session beneath the SDK, whose own call has no time-out and nothing to cut off."""
        from docker.types import CancellableStream

        repository, tag = _parsed(self._image)
        with api.post(
            f"{api.base_url}/v{api.api_version}/images/create",
            params={"fromImage": repository, "tag": tag},
            headers=_auth_header(api, repository, self._auth),
            stream=True,
            timeout=(_CONNECT, PATIENCE),
        ) as response:
            with self._lock:
                self._stream = CancellableStream(response, response)
                if self._cut:
                    return
            if not response.ok:
                # Also where the engine calls it its own failure: the registry doesn't answer.
                raise no_image(self._image, _explanation(response))
            yield from map(json.loads, filter(None, response.iter_lines(chunk_size=1)))


class Progress:
    """What the engine says while it pulls."""

    def __init__(self, image: str, told: Callable[[str], None], time: Callable[[], float]) -> None:
        self._image = image
        self._told = told
        self._time = time
        self._last = time()
        self._layers: dict[str, tuple[int, int]] = {}

    def follow(self, lines: Iterator[dict[str, Any]]) -> None:
        """Raises StartFailed for what the engine says went wrong."""
        failure: StartFailed | None = None
        for line in lines:
            if "error" in line:
                failure = no_image(self._image, line["error"])
            self._note(line)
        if failure:
            raise failure

    def _note(self, line: dict[str, Any]) -> None:
        detail = line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and detail.get("total"):
            self._layers[str(line.get("id"))] = (int(detail["current"]), int(detail["total"]))
        now = self._time()
        if self._layers and now - self._last >= PACE:
            self._last = now
            done, whole = (sum(amounts) / MB for amounts in zip(*self._layers.values(), strict=True))
            self._told(f"pulling {self._image}: {done:.1f} of {whole:.1f} MB")


def no_image(image: str, why: object) -> StartFailed:
    return StartFailed("creating_container_error", f"image {image}: {why}")


def _parsed(image: str) -> tuple[str, str]:
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(image)
    return repository, tag or "latest"


def _auth_header(api: Any, repository: str, auth: dict[str, str] | None) -> dict[str, bytes]:
    """The job's credentials; without any, those that this host's user has for the registry."""
    from docker.auth import encode_header, get_config_header, resolve_repository_name

    registry, _ = resolve_repository_name(repository)
    header = encode_header(auth) if auth else get_config_header(api, registry)
    return {"X-Registry-Auth": header} if header else {}


def _explanation(response: Any) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return str(response.text)


def _is_silence(error: Exception) -> bool:
    """However the layers below the SDK call it."""
    from requests.exceptions import Timeout
    from urllib3.exceptions import ReadTimeoutError

    return isinstance(error, Timeout) or any(isinstance(cause, ReadTimeoutError) for cause in error.args)
