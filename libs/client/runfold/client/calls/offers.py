"""What could take a run of some resources."""

from collections.abc import Sequence
from typing import Any

from runfold.client.calls import runs
from runfold.client.models.offers import OfferGroups
from runfold.client.models.runs import RunPlan
from runfold.client.transport.call import Call, post

#: What dstack's client asks with: nothing of it is ever run.
QUESTION = {"type": "task", "image": "scratch", "commands": [":"], "user": "root"}


def listed(
    project: str, /, resources: dict[str, Any] | None = None, *, max_offers: int | None = 50, **profile: Any
) -> Call[RunPlan]:
    """They are the plan's `job_plans[0].offers`; `profile` is as in a configuration, such as `fleets`."""
    return runs.plan(project, _question(resources, profile), max_offers=max_offers, offers_only=True)


def grouped(
    project: str, /, resources: dict[str, Any] | None = None, *, by: Sequence[str] = (), **profile: Any
) -> Call[OfferGroups]:
    """By GPU or CPU, and by `backend`, `region` or `count` besides."""
    body = {"run_spec": _question(resources, profile), "group_by": [*by] or None}
    return post(f"/api/project/{project}/gpus/list", OfferGroups, body)


def _question(resources: dict[str, Any] | None, profile: dict[str, Any]) -> dict[str, Any]:
    return runs.spec({**QUESTION, **({"resources": resources} if resources else {}), **profile})
