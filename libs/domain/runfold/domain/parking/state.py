"""What is known of an event that a reactor couldn't handle."""

from dataclasses import dataclass

from runfold.contracts.parking import EventParked
from runfold.contracts.values import Micros


@dataclass(slots=True)
class Parked:
    last: EventParked  #: as it failed the last time
    since: Micros
    failed_at: Micros  #: the last time
    retrying: bool = False  #: asked for, and no outcome yet

    @property
    def id(self) -> str:
        return self.last.parked_id

    @property
    def subject_id(self) -> str:
        return self.last.subject.partition(":")[2]
