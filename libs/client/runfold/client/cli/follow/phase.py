"""Where a run stands, in one word and a detail."""

from dataclasses import dataclass

from runfold.client.cli.shown import words
from runfold.client.models.runs import JobSubmission, PullProgress, Run

_WORDS = {"submitted": "queued", "pending": "queued", "terminating": "stopping"}


@dataclass(frozen=True, slots=True)
class Phase:
    word: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.word} ({self.detail})" if self.detail else self.word


def phase(run: Run) -> Phase:
    """`queued`, `provisioning`, `pulling` with bytes, `running` with its host, `stopping`, or its final status."""
    latest = run.latest_job_submission
    if latest is not None and latest.status == "pulling" and run.status == "provisioning":
        return Phase("pulling", _pulled(latest.image_pull_progress))
    word = _WORDS.get(run.status, run.status)
    if word == "queued" and run.status_message not in (run.status, ""):
        return Phase(word, run.status_message)
    return Phase(word, _host(latest) if word == "running" else "")


def started(run: Run) -> bool:
    """Whether there can be output."""
    return run.status in ("running", "terminating") or run.final


def _pulled(progress: PullProgress | None) -> str:
    if progress is None or not progress.total_bytes:
        return ""
    more = "" if progress.is_total_bytes_final else " or more"
    return f"{words.megabytes(progress.downloaded_bytes)} of {words.megabytes(progress.total_bytes)}{more}"


def _host(latest: JobSubmission | None) -> str:
    data = latest.job_provisioning_data if latest else None
    return f"on {data.instance_id}" if data and data.instance_id else ""
