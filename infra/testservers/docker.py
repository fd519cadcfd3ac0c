"""A Docker engine of one's own, and two images made without a registry."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.testservers.place import INSTALLED
from infra.testservers.program import Server, which

#: A shell and its tools; 2 MB, made in a second.
SHELL_IMAGE = "local/busybox:1"
#: Debian with python3 and venv, to build the services' images on; 170 MB, made in a minute, so only for who asks.
PYTHON_IMAGE = "local/python:3.11"
#: Its file system once it was made, so that the next engine of this checkout has it in seconds.
PYTHON_ROOT = INSTALLED / "python-3.11.tar"

DEBIAN_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


def program() -> str | None:
    """The path of an installed dockerd, if this user may run it."""
    return which("dockerd") if os.geteuid() == 0 else None


def answers(url: str) -> bool:
    """Whether an engine answers at `url` (unix:// or tcp://)."""
    client = which("docker")
    return client is not None and _quiet([client, "--host", url, "version"]).returncode == 0


class DockerEngine(Server):
    """dockerd, which only root may start. Containers outlive its end."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "dockerd")

    @property
    def url(self) -> str:
        """What DOCKER_HOST has to say."""
        return f"unix://{self.directory}/docker.sock"

    def start(self) -> None:
        """Returns when the engine answers, after 0.5 to 3 s; raises StartFailed."""
        path = program()
        if path is None:
            raise FileNotFoundError(
                "no dockerd that this user may start; `sudo infra/servers install` brings it"
            )
        command = [path, "--data-root", f"{self.directory}/data", "--exec-root", f"{self.directory}/exec"]
        command += ["--host", self.url, "--pidfile", f"{self.directory}/d.pid"]
        if not self.running:
            self._forget_the_killed()
        # Containers outlive the engine, so that a killed one is back in a second and finds them.
        self._server.start([*command, "--live-restore"])
        self._server.await_ready(lambda: answers(self.url), seconds=120)

    def discard(self) -> None:
        """Ends containers and engine, and removes all that they left."""
        self._server.resume()
        if self.running:
            containers = _docker(self.url, "ps", "--all", "--quiet").stdout.split()
            _docker(self.url, "rm", "--force", *containers)
            self._server.stop()
        for path in _mounts_below(self.directory):
            _quiet(["umount", "--lazy", path])
        shutil.rmtree(self.directory, ignore_errors=True)

    def _forget_the_killed(self) -> None:
        # A killed daemon may stay defunct, which its successor takes for alive by these files.
        for left in ("d.pid", "exec/containerd/containerd.pid"):
            (self.directory / left).unlink(missing_ok=True)


def has_image(url: str, image: str) -> bool:
    """Whether the engine at `url` has `image`."""
    return _docker(url, "image", "inspect", image).returncode == 0


def remove_image(url: str, image: str) -> None:
    """No error when there is none."""
    _docker(url, "image", "rm", "--force", image)


def ensure_shell_image(url: str) -> str:
    """Imports SHELL_IMAGE from this machine's static busybox where it lacks, and returns its name."""
    if not has_image(url, SHELL_IMAGE):
        with _scratch() as root:
            _lay_out_busybox(root)
            _import(url, root, SHELL_IMAGE, "--change", 'CMD ["/bin/sh"]', "--change", "ENV PATH=/bin")
    return SHELL_IMAGE


def ensure_python_image(url: str) -> str:
    """Imports PYTHON_IMAGE, made by debootstrap (root, a minute), where it lacks, and returns its name."""
    if not has_image(url, PYTHON_IMAGE):
        if not PYTHON_ROOT.exists():
            _make_python_root()
        client = which("docker") or "docker"
        command = [
            client,
            "--host",
            url,
            "import",
            "--change",
            'CMD ["python3"]',
            str(PYTHON_ROOT),
            PYTHON_IMAGE,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
    return PYTHON_IMAGE


def _make_python_root() -> None:
    debootstrap = which("debootstrap")
    if debootstrap is None:
        raise FileNotFoundError("debootstrap is not installed; `sudo infra/servers install` brings it")
    unfinished = PYTHON_ROOT.with_suffix(".new")
    PYTHON_ROOT.parent.mkdir(parents=True, exist_ok=True)
    with _scratch() as root:
        # Not python3-minimal, which lacks json.
        wanted = ["--variant=minbase", "--include=python3,python3-venv", "bookworm", str(root), *_mirror()]
        subprocess.run([debootstrap, *wanted], check=True, stdout=subprocess.DEVNULL, timeout=900)
        left_out = ("./proc/*", "./sys/*", "./var/cache/apt/*", "./var/lib/apt/lists/*")
        command = [
            "tar",
            "-C",
            str(root),
            *(f"--exclude={path}" for path in left_out),
            "-cf",
            str(unfinished),
            ".",
        ]
        subprocess.run(command, check=True, timeout=300)
    unfinished.rename(PYTHON_ROOT)


def _lay_out_busybox(root: Path) -> None:
    busybox = which("busybox")
    if busybox is None:
        raise FileNotFoundError("busybox is not installed; `sudo infra/servers install` brings it")
    for folder in ("bin", "tmp", "proc", "sys", "dev", "etc", "root"):
        (root / folder).mkdir()
    shutil.copy(busybox, root / "bin" / "busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")


def _import(url: str, root: Path, image: str, *changes: str) -> None:
    tar = ["tar", "-C", str(root), "--exclude=./proc/*", "--exclude=./sys/*", "-c", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packed:
        command = [which("docker") or "docker", "--host", url, "import", *changes, "-", image]
        subprocess.run(command, stdin=packed.stdout, check=True, stdout=subprocess.DEVNULL)


def _mounts_below(directory: Path) -> list[str]:
    paths = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((path for path in paths if path.startswith(f"{directory}/")), reverse=True)


def _mirror() -> list[str]:
    # Where apt is told another than debootstrap would take by itself.
    lines = DEBIAN_SOURCES.read_text().splitlines() if DEBIAN_SOURCES.exists() else []
    uris = [line.split()[1] for line in lines if line.startswith("URIs:")]
    return uris[:1]


def _docker(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _quiet([which("docker") or "docker", "--host", url, *arguments])


def _quiet(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="runfold-image-", dir="/var/tmp"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
