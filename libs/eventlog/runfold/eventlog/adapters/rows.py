"""What the databases keep beside a commit's numbers and body, as one piece of JSON."""

import msgspec

from runfold.contracts.envelope import CommitRecord

EMPTY = msgspec.Raw(b"[]")


class Outline(msgspec.Struct, array_like=True):
    """Of a commit, what the window needs."""

    appends: tuple[str, ...]
    sizes: tuple[int, ...]
    streams: tuple[str, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Outline).decode


def outline_of(commit: CommitRecord) -> bytes:
    return _encode(Outline(commit.appends, commit.sizes, commit.streams))


def commit_from(
    number: int, first: int, count: int, time: int, log_id: str, outline: bytes, body: bytes | None
) -> CommitRecord:
    """Without `body`, the record has an empty one."""
    kept = _decode(outline)
    return CommitRecord(
        number=number,
        first=first,
        count=count,
        time=time,
        log_id=log_id,
        appends=kept.appends,
        streams=kept.streams,
        body=EMPTY if body is None else msgspec.Raw(body),
        sizes=kept.sizes,
    )
