"""A chunk of output as a message: the bytes are its body, all else its headers."""

from runfold.bus.port import Message, Rejected
from runfold.contracts.executor import OutputChunk
from runfold.eventlog.output import CHUNK_BYTES

MOST = 2**62  #: of an offset or a time: any database's integer holds it
NAME_LENGTH = 128


def chunk_of(message: Message) -> OutputChunk:
    """Raises Rejected when it can't be stored, now or ever."""
    if len(message.body) > CHUNK_BYTES:
        raise Rejected(f"a chunk has at most {CHUNK_BYTES} bytes, not {len(message.body)}")
    attempt_id = message.headers.get("attempt_id")
    if not (isinstance(attempt_id, str) and 0 < len(attempt_id) <= NAME_LENGTH):
        raise Rejected(f"no attempt_id: {attempt_id!r:.80}")
    return OutputChunk(attempt_id, _natural(message, "offset"), _natural(message, "time"), message.body)


def _natural(message: Message, name: str) -> int:
    value = message.headers.get(name)
    if type(value) is int and 0 <= value <= MOST:
        return value
    raise Rejected(f"{name} is no natural number: {value!r:.80}")
