"""What gateway and executor say to each other on the WebSocket of one connection into a running attempt.

The gateway says first what it wants (Execute, Dial), the executor answers Opened or Refused; from then on binary
messages are bytes, the first of them naming the stream, and text messages are the rest of what is below. The executor
says Exited last; whoever closes the WebSocket ends it all.
"""

from dataclasses import field
from typing import get_args

from pydantic.dataclasses import dataclass

from runfold.contracts.frames import Frames
from runfold.contracts.values import Natural

MOST_BYTES = 64 * 1024  #: of one binary message, besides its first byte
DATA, ERRORS = 0, 1  #: first byte of a binary message: input or output, and what goes to standard error


@dataclass(frozen=True, slots=True)
class Terminal:
    """A pseudo-terminal; sizes are characters."""

    kind: str  #: as the variable TERM has it
    columns: Natural = 80
    rows: Natural = 24


@dataclass(frozen=True, slots=True)
class Execute:
    """Gateway -> executor: run this beside the job, as the job's user; an empty command is a login shell."""

    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)  #: besides the job's own
    terminal: Terminal | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Gateway -> executor: connect to this port of the job's own loopback."""

    port: Natural


@dataclass(frozen=True, slots=True)
class Opened:
    """Executor -> gateway: what was asked for is there."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Executor -> gateway: it isn't, and never will be."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resized:
    """Gateway -> executor: the terminal's window changed."""

    columns: Natural
    rows: Natural


@dataclass(frozen=True, slots=True)
class Signalled:
    """Gateway -> executor: pass this on, a name without SIG."""

    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Either way: no bytes follow from this side."""


@dataclass(frozen=True, slots=True)
class Exited:
    """Executor -> gateway: what was executed has ended, and all of its output is sent. A kill is 128 + signal."""

    status: Natural


Said = Execute | Dial | Opened | Refused | Resized | Signalled | Ended | Exited


_frames: Frames[Said] = Frames(*get_args(Said))

decode = _frames.decode


def encode(said: Said) -> str:
    return _frames.encode(said).decode()
