"""A process job of another user: what is unpacked for it and run beside it reaches no further than that user."""

import io
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment, Parcel
from runfold.contracts.values import Files
from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.process import ProcessRuntime
from tests.contract.runtime.rigs import Jobs, RealRig
from tests.contract.runtime.test_sessions import said

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run jobs as somebody else")
USER = "nobody"


class Packed:
    """An archive that is fetched for every parcel."""

    def __init__(self) -> None:
        self._whole = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._whole, mode="w", format=tarfile.PAX_FORMAT)

    def file(self, name: str, text: str = "") -> "Packed":
        entry = tarfile.TarInfo(name)
        entry.size = len(text.encode())
        self._tar.addfile(entry, io.BytesIO(text.encode()))
        return self

    def link(self, name: str, to: str) -> "Packed":
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, to
        self._tar.addfile(entry)
        return self

    async def fetch(self, _: Parcel) -> bytes:
        self._tar.close()
        return self._whole.getvalue()


@pytest.fixture
async def owned(process_host: RealRig) -> AsyncIterator[Jobs]:
    """Jobs of another user, below a directory that only root may look into."""
    process_host.directory.mkdir(parents=True, exist_ok=True)
    jobs = Jobs(process_host)
    yield jobs
    await jobs.runtime.close()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """pytest's own directories are closed to other users."""
    with tempfile.TemporaryDirectory(prefix="runfold-open-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def owners(directory: Path) -> set[str]:
    """Of what lies in it."""
    return {path.owner() for path in directory.iterdir()}


def as_nobody(jobs: Jobs, packed: Packed | None = None) -> None:
    fetch = packed.fetch if packed else Packed().fetch
    jobs.runtime = ProcessRuntime(
        jobs.rig.directory,  # type: ignore[attr-defined]
        user=USER,
        output_limit=100_000,
        fetch=fetch,
    )


def with_files(job: Assignment, path: str = "there") -> Assignment:
    spec = replace(job.spec, files=(Files("a", path),))
    return replace(job, spec=spec, parcels=(Parcel("a", "http://nowhere"),))


async def test_a_session_runs_as_the_jobs_user_in_its_directory(owned: Jobs, attempt_id: str) -> None:
    as_nobody(owned)
    await owned.start(owned.job(attempt_id, "sleep 60"))
    session = await owned.runtime.execute(attempt_id, Execute(("sh", "-c", "id -un; echo here > made; ls")))
    assert await said(session) == b"nobody\nmade\n"
    await session.close()


async def test_no_variable_of_a_visitors_is_obeyed_before_the_user_is_changed(
    owned: Jobs, attempt_id: str, open_to_all: Path
) -> None:
    """Asked to, the C library's loader tells what it loads into files of whoever the program is then."""
    as_nobody(owned)
    await owned.start(owned.job(attempt_id, "sleep 60"))
    asked = {"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": f"{open_to_all}/told"}
    session = await owned.runtime.execute(attempt_id, Execute(("id",), asked))
    await said(session)
    await session.close()
    assert owners(open_to_all) == {USER}


@pytest.mark.parametrize("name", ["ü.txt", "x" * 120 + ".txt", "plain.txt"])
async def test_files_are_the_jobs_users_whatever_their_names(owned: Jobs, attempt_id: str, name: str) -> None:
    as_nobody(owned, Packed().file(f"top/{name}", "content\n"))
    _, output = await owned.run(with_files(owned.job(attempt_id, "stat -c %U there/*; cat there/*.txt")))
    assert output == b"nobody\ncontent\n"


async def test_a_link_to_nowhere_is_one(owned: Jobs, attempt_id: str) -> None:
    as_nobody(owned, Packed().file("top/a").link("top/broken", "nowhere"))
    _, output = await owned.run(with_files(owned.job(attempt_id, "readlink there/broken")))
    assert output == b"nowhere\n"


async def test_a_link_leads_nobody_out(owned: Jobs, attempt_id: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    packed = Packed().link("top/out", f"{outside}").file("top/out/evil")
    as_nobody(owned, packed)
    with pytest.raises(StartFailed):
        await owned.start(with_files(owned.job(attempt_id, "true")))
    assert list(outside.iterdir()) == []
    assert outside.stat().st_uid == 0
