"""How far something derived from the log is, and whether it is derived from this log at all."""

from dataclasses import dataclass

from runfold.eventlog.port import EventLog, EventLogError, Head


class CheckpointError(EventLogError):
    """What was derived doesn't belong to this log as it is; it can't be continued, only rebuilt, and someone should
    know why."""


class AheadOfLog(CheckpointError):
    """The log ends before what was derived from it: it lost commits, or was restored from a copy."""

    def __init__(self, at: str, end: str) -> None:
        super().__init__(f"at {at}, ahead of the log, which ends at {end}")


class OtherLog(CheckpointError):
    """It was derived from another log than the one at hand."""

    def __init__(self, log_id: str, other: str) -> None:
        super().__init__(f"derived from log {log_id}, but this is log {other or '(empty)'}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`number` commits of log `log_id` are folded."""

    log_id: str = ""  #: "" before the first commit: of no log yet
    number: int = 0

    def check(self, head: Head) -> None:
        """Raises OtherLog and AheadOfLog."""
        if self.number == 0:
            return
        # An empty log has no id yet.
        if head.log_id and head.log_id != self.log_id:
            raise OtherLog(self.log_id, head.log_id)
        if head.number < self.number:
            raise AheadOfLog(f"commit {self.number}", f"commit {head.number}, position {head.position}")

    async def position(self, log: EventLog) -> int:
        """The last position of commit `number`; raises CheckpointError, Unavailable."""
        self.check(await log.head())
        if self.number == 0:
            return 0
        commit = (await log.read(self.number - 1, 1))[0]
        if commit.record.log_id != self.log_id:
            raise OtherLog(self.log_id, commit.record.log_id)
        return commit.last
