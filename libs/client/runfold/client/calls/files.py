"""Files that are sent along with runs, as archives of their user's."""

from runfold.client.models.people import FileArchive
from runfold.client.transport.call import Call, post


def get(project: str, /, digest: str) -> Call[FileArchive]:
    """One that was sent already, by the SHA-256 of its content in hexadecimal digits."""
    del project
    return post("/api/files/get_archive_by_hash", FileArchive, {"hash": digest})


def upload(project: str, /, digest: str, archive: bytes) -> Call[FileArchive]:
    del project
    return Call("POST", "/api/files/upload_archive", FileArchive, upload=(digest, archive), writes=True)
