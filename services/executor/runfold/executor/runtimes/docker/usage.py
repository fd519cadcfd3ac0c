"""What a container uses, by the engine's statistics."""

from typing import Any

from runfold.executor.runtime import Usage


def usage_of(stats: dict[str, Any]) -> Usage | None:
    """None for one that doesn't run. The cache of files that nobody used lately is no part of the working set."""
    memory: dict[str, Any] = stats.get("memory_stats") or {}
    if "usage" not in memory:
        return None
    details: dict[str, int] = memory.get("stats") or {}
    # By cgroup version 2, then 1.
    inactive = details.get("inactive_file", details.get("total_inactive_file", 0))
    return Usage(
        cpu_micros=stats["cpu_stats"]["cpu_usage"]["total_usage"] // 1000,
        memory_bytes=memory["usage"],
        memory_working_set_bytes=max(memory["usage"] - inactive, 0),
    )
