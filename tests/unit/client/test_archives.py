"""Files that are sent along: which, in what shape, and only once."""

import io
import tarfile
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from runfold.client.blocking import Client
from runfold.client.cli.applying.files import sent
from runfold.client.configuration.archives import packed
from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.transport.connect import Connect


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "src"
    for name in ("main.py", "data/big.bin", "data/kept.txt", ".git/config", "sub/cache/x", "sub/y.log"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    (made / ".gitignore").write_text("*.bin\n")
    (made / "sub" / ".dstackignore").write_text("cache/\n*.log\n!y.log\n")
    return made


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def test_a_directory_goes_under_its_own_name_without_what_ignore_files_name(source: Path) -> None:
    assert names(packed(source)) == [
        "src",
        "src/.gitignore",
        "src/data",
        "src/data/kept.txt",
        "src/main.py",
        "src/sub",
        "src/sub/.dstackignore",
        "src/sub/y.log",
    ]


def test_a_file_goes_alone_and_the_same_content_is_the_same_archive(source: Path) -> None:
    assert names(packed(source / "main.py")) == ["main.py"]
    assert packed(source) == packed(source)


def test_a_link_that_leads_out_goes_as_what_it_leads_to(source: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret of mine")
    (source / "out").symlink_to(tmp_path / "outside")
    (source / "within").symlink_to("main.py")
    with tarfile.open(fileobj=io.BytesIO(packed(source))) as tar:
        assert (tar.getmember("src/out").isreg(), tar.getmember("src/within").linkname) == (True, "main.py")
        content = tar.extractfile("src/out")
        assert content is not None and content.read() == b"secret of mine"


def test_what_the_server_has_already_is_not_sent_again(source: Path, tmp_path: Path) -> None:
    uploads: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        digest = sha256(packed(source)).hexdigest()
        if request.url.path.endswith("get_archive_by_hash") and not uploads:
            return httpx.Response(400, json={"detail": [{"msg": "no", "code": "resource_not_exists"}]})
        if request.url.path.endswith("upload_archive"):
            uploads.append(request.headers["Content-Type"])
            assert f'name="file"; filename="{digest}"'.encode() in request.content
            assert packed(source) in request.content
        return httpx.Response(200, json={"id": "a1", "hash": digest})

    files = ["src:/app", {"local_path": "src", "path": "there"}, "src"]
    document = Document(str(tmp_path / "x.dstack.yml"), {"type": "task", "files": files})
    with Client(Connect("http://server", "t"), http=httpx.MockTransport(server)) as client:
        assert sent(client, document, Path("/")) == [
            {"id": "a1", "path": "/app"},
            {"id": "a1", "path": "there"},
            {"id": "a1", "path": "src"},
        ]
    assert len(uploads) == 1 and uploads[0].startswith("multipart/form-data")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    document = Document("-", {"type": "task", "files": ["gone"]})
    with Client(Connect("http://server", "t")) as client, pytest.raises(InvalidConfiguration, match="gone"):
        sent(client, document, tmp_path)
