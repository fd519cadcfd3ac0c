"""Messages between the log service and executors as bytes."""

from typing import get_args

from runfold.contracts.executor import Fact, Work
from runfold.contracts.frames import Frames

_frames: Frames[Fact | Work] = Frames(*get_args(Fact), *get_args(Work))

encode = _frames.encode
decode = _frames.decode
