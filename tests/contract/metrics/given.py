"""Samples for tests."""

from runfold.contracts.metrics import Sample

KEPT = 16


def sample(time: int, attempt: str = "a", cpu: int = 0) -> Sample:
    return Sample(
        attempt_id=attempt,
        time=time,
        cpu_micros=cpu,
        memory_bytes=2**40,
        memory_working_set_bytes=2**39,
        cpus=8,
        memory_total_bytes=2**41,
    )
