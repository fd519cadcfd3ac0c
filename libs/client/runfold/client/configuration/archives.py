"""A file or directory as a tar, the same as long as nothing in it changes, without what ignore files name."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".dstackignore", ".runfoldignore")


@dataclass(frozen=True, slots=True)
class _Ignored:
    """What the ignore files of one directory name below it."""

    base: Path
    spec: GitIgnoreSpec

    def __contains__(self, path: Path) -> bool:
        name = path.relative_to(self.base).as_posix() + ("/" if path.is_dir() else "")
        return self.spec.match_file(name)


def packed(source: Path) -> bytes:
    """A tar whose one top entry is `source` itself, under its own name."""
    source = source.absolute()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in [source, *_below(source, ())]:
            _add(tar, source, path)
    return written.getvalue()


def _below(directory: Path, ignored: tuple[_Ignored, ...]) -> Iterator[Path]:
    """In the order of names; links are not followed."""
    if not directory.is_dir() or directory.is_symlink():
        return
    ignored = (*ignored, _Ignored(directory, _spec(directory)))
    for path in sorted(directory.iterdir()):
        if path.name == ".git" or any(path in each for each in ignored):
            continue
        yield path
        yield from _below(path, ignored)


def _spec(directory: Path) -> GitIgnoreSpec:
    files = [directory / name for name in IGNORE_FILES]
    lines = [line for file in files if file.is_file() for line in file.read_text().splitlines()]
    return GitIgnoreSpec.from_lines(lines)


def _add(tar: tarfile.TarFile, source: Path, path: Path) -> None:
    """A link that leads out of `source` goes as what it leads to; whose it is here says nothing there."""
    outside = path.is_symlink() and not path.resolve().is_relative_to(source.resolve())
    info = tar.gettarinfo(path.resolve() if outside else path, str(path.relative_to(source.parent)))
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    if info.isreg():
        with path.open("rb") as content:
            tar.addfile(info, content)
    else:
        tar.addfile(info)
