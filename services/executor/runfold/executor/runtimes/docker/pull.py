"""One pull of an image: the engine's account of it, read in a thread, and cut off from another."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from runfold.contracts.values import PullProgress
from runfold.executor.runtime import OnPull, StartFailed

#: Seconds between two words of how far it is.
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
        told: OnPull,
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

    def __init__(self, image: str, told: OnPull, time: Callable[[], float]) -> None:
        self._image = image
        self._told = told
        self._time = time
        self._last = time()
        self._latest = PullProgress()
        self._layers: dict[str, _Layer] = {}

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
        status, id_ = line.get("status"), str(line.get("id"))
        if status == "Pulling fs layer":
            self._layers[id_] = _Layer()
        elif id_ in self._layers:
            self._layers[id_].note(str(status), line.get("progressDetail") or {})
        if self._layers:
            self._tell(self._so_far())

    def _tell(self, progress: PullProgress) -> None:
        """Each tenth at once, since what comes next may be long in coming."""
        now = self._time()
        if now - self._last >= PACE or progress.is_beyond(self._latest):
            self._last, self._latest = now, progress
            self._told(progress)

    def _so_far(self) -> PullProgress:
        layers = self._layers.values()
        return PullProgress(
            downloaded_bytes=sum(layer.downloaded for layer in layers),
            extracted_bytes=sum(layer.extracted for layer in layers),
            total_bytes=sum(layer.total for layer in layers),
            is_total_bytes_final=all(layer.total for layer in layers),
        )


@dataclass(slots=True)
class _Layer:
    """One that this host lacks, in bytes as they are on the wire."""

    downloaded: int = 0
    extracted: int = 0
    total: int = 0  #: 0 while nobody said

    def note(self, status: str, detail: dict[str, Any]) -> None:
        current = int(detail.get("current") or 0)
        match status:
            case "Downloading":
                self.total = int(detail.get("total") or 0) or self.total
                self.downloaded = max(self.downloaded, current)
            case "Download complete":
                self.downloaded = self.total
            case "Extracting":
                # A small layer is there before anybody said how large it is.
                self.total = int(detail.get("total") or 0) or self.total
                self.downloaded, self.extracted = self.total, max(self.extracted, current)
            case "Pull complete":
                self.downloaded = self.extracted = self.total
            case _:
                pass


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
