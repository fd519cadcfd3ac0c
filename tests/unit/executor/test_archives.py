"""Archives of users as one: each becomes its path, and nothing in them is anything else."""

import io
import tarfile
from pathlib import PurePosixPath

import pytest

from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes import archives
from runfold.executor.runtimes.archives import together


def packed(*entries: tarfile.TarInfo) -> io.BytesIO:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    whole.seek(0)
    return whole


def entry(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def members(*given: tuple[io.BytesIO, str]) -> list[tarfile.TarInfo]:
    whole = io.BytesIO()
    together([(archive, PurePosixPath(path)) for archive, path in given], whole, uid=7, gid=8)
    with tarfile.open(fileobj=whole) as tar:
        return tar.getmembers()


def test_the_top_entry_becomes_the_path() -> None:
    archive = packed(entry("src", type=tarfile.DIRTYPE), entry("src/a.txt", size=3))
    assert [member.name for member in members((archive, "/workflow/dst"))] == [
        "workflow/dst",
        "workflow/dst/a.txt",
    ]


def test_a_file_becomes_the_path_too() -> None:
    assert [member.name for member in members((packed(entry("a.txt", size=3)), "/b.txt"))] == ["b.txt"]


def test_all_of_it_belongs_to_the_jobs_user() -> None:
    (member,) = members((packed(entry("a", uid=0, gid=0, uname="root")), "/a"))
    assert (member.uid, member.gid, member.uname) == (7, 8, "")


def test_hard_links_follow_their_targets() -> None:
    archive = packed(entry("top/a"), entry("top/b", type=tarfile.LNKTYPE, linkname="top/a"))
    assert members((archive, "/there"))[1].linkname == "there/a"


@pytest.mark.parametrize(
    "wrong",
    [
        entry("/etc/passwd"),
        entry("top/../../etc/passwd"),
        entry("top/device", type=tarfile.CHRTYPE),
        entry("top/pipe", type=tarfile.FIFOTYPE),
    ],
    ids=["absolute", "upwards", "a device", "a pipe"],
)
def test_what_is_no_file_of_its_own_fails_the_start(wrong: tarfile.TarInfo) -> None:
    with pytest.raises(StartFailed, match="no file of its own"):
        members((packed(wrong), "/there"))


def test_what_is_no_archive_fails_the_start() -> None:
    with pytest.raises(StartFailed, match="can't be read"):
        members((io.BytesIO(b"no tar" * 200), "/there"))


def test_what_would_be_too_much_unpacked_fails_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 5)
    with pytest.raises(StartFailed, match="more than 5 bytes"):
        members((packed(entry("top/a", size=3), entry("top/b", size=3)), "/there"))


def test_a_name_that_a_header_says_again_is_the_new_one() -> None:
    archive = packed(entry(f"top/{'ü' * 80}.txt", size=3))
    assert members((archive, "/there"))[0].name == f"there/{'ü' * 80}.txt"
