"""Where things lie: what is installed stays in the checkout, data goes to a fresh directory that others can enter."""

import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Programs that no package of the distribution brings; ignored by git.
INSTALLED = ROOT / ".cache" / "servers"


def fresh_directory(name: str) -> Path:
    """A new directory for one server's data; under /var/tmp, where /root's closed door doesn't matter."""
    directory = Path(tempfile.mkdtemp(prefix=f"runfold-{name}-", dir="/var/tmp"))
    directory.chmod(0o755)
    return directory
