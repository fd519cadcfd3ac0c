"""How long each thing may take; all in seconds."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    connect: float = 5.0
    declare: float = 10.0
    publish: float = 10.0  #: from the call to its confirm, waiting for a blocked connection included
    close: float = 2.0  #: of each connection and channel; what isn't closed in order is cut
    grace: float = 1.0  #: for handlers to end when their subscription is cancelled
    heartbeat: int = 10
    first_pause: float = 0.2
    longest_pause: float = 5.0

    def pause(self, failures: int) -> float:
        """Doubling, with jitter: after a broker's restart not everyone comes in the same moment."""
        full = min(self.longest_pause, self.first_pause * 2 ** min(failures, 16))
        return random.uniform(full / 2, full)
