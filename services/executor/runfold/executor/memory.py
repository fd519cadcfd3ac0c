"""What an executor remembers of the ones before it, read from the journal."""

from dataclasses import dataclass, field

from runfold.executor.entries import Attempt, Mark, decode


@dataclass(slots=True)
class Memory:
    """`host_id` is None before the first start; `incarnation` counts the starts."""

    host_id: str | None = None
    incarnation: int = 0
    position: int = 0
    attempts: dict[str, Attempt] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    sent: dict[str, int] = field(
        default_factory=dict
    )  #: bytes of an attempt's output that have arrived, at least


def remember(entries: dict[str, bytes]) -> Memory:
    """In the order of the attempts' positions; ValueError when an entry is none of this version."""
    memory = Memory()
    for key, body in entries.items():
        kind, _, name = key.partition("/")
        match kind:
            case "attempt":
                memory.attempts[name] = decode(body, Attempt)
            case "mark":
                memory.marks[name] = decode(body, Mark)
            case "output":
                memory.sent[name] = decode(body, int)
            case "host":
                memory.host_id = decode(body, str)
            case "incarnation":
                memory.incarnation = decode(body, int)
            case "position":
                memory.position = decode(body, int)
            case _:
                continue  # of a later version, which may come back
    memory.attempts = dict(sorted(memory.attempts.items(), key=lambda item: (item[1].position, item[0])))
    return memory
