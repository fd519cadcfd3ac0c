"""Runs that are submitted anew by a schedule: cron expressions of five fields, in UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from runfold.contracts import job as e
from runfold.contracts.values import Micros
from runfold.domain.errors import Invalid
from runfold.domain.run.state import Run

MOST = 16  #: expressions of one run
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_trigger(crons: Sequence[str], after: Micros) -> Micros:
    """The first time that any of them says, after this one. Raises Invalid."""
    if not 0 < len(crons) <= MOST:
        raise Invalid(f"schedule: 1 to {MOST} expressions are possible", field="schedule")
    since = _EPOCH + timedelta(microseconds=after)
    return min((_next(cron, since) - _EPOCH) // timedelta(microseconds=1) for cron in crons)


def as_scheduled(run: Run, events: Sequence[e.JobEvent], now: Micros) -> list[e.JobEvent]:
    """Of a run with a schedule, and that nobody stops, jobs end only until the next time."""
    if not run.schedule or run.stop is not None:
        return list(events)
    due = next_trigger(run.schedule, now)
    return [_until(end, due) if isinstance(end, e.JobFinished) else end for end in events]


def _until(end: e.JobFinished, due: Micros) -> e.JobRetryScheduled:
    return e.JobRetryScheduled(
        end.job_id, end.run_id, end.attempt_id, end.reason, due, end.message, anew=True
    )


def _next(cron: str, since: datetime) -> datetime:
    if len(cron.split()) != 5:
        raise Invalid(f"schedule: {cron!r:.80} has not five fields", field="schedule")
    try:
        return next(CronSim(cron, since))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it never comes"
        raise Invalid(f"schedule: {cron!r:.80}: {why}", field="schedule") from None
