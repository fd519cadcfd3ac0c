"""Runs with a schedule, as they are planned, submitted and shown."""

from typing import Any

import pytest

from runfold.contracts import job
from tests.integration.gateway.world import World

EACH_DAY: dict[str, Any] = {"schedule": {"cron": "0 3 * * *"}}


async def shown(world: World) -> Any:
    return (await world.in_main("runs/get", {"run_name": "nightly"})).body


async def test_a_run_with_a_schedule_is_pending_until_its_time(world: World) -> None:
    run = (await world.submit("nightly", "x", **EACH_DAY)).body

    assert (run["status"], run["jobs"], run["latest_job_submission"]) == ("pending", [], None)
    assert run["next_triggered_at"] == "2023-11-15T03:00:00.000000Z"
    assert run["run_spec"]["configuration"]["schedule"] == {"cron": "0 3 * * *"}


async def test_at_its_time_it_shows_a_submission_and_afterwards_when_it_comes_next(world: World) -> None:
    await world.submit("nightly", "x", **EACH_DAY)
    known = world.job("nightly")
    await world.happen(job.JobResubmitted(known.id, known.run_id, known.attempt.id))
    begun = await shown(world)
    due = world.storage.clock.now() + 3_600_000_000
    await world.happen(
        job.JobRetryScheduled(known.id, known.run_id, known.attempt.id, "done_by_runner", due, anew=True)
    )
    after = await shown(world)

    assert (begun["status"], begun["next_triggered_at"]) == ("submitted", None)
    assert [each["submission_num"] for each in begun["jobs"][0]["job_submissions"]] == [0]
    assert (after["status"], after["next_triggered_at"] is not None) == ("pending", True)
    assert after["jobs"][0]["job_submissions"][0]["status"] == "done"


async def test_what_happens_to_it_is_told(world: World) -> None:
    await world.submit("nightly", "x", **EACH_DAY)
    known = world.job("nightly")
    await world.happen(job.JobResubmitted(known.id, known.run_id, known.attempt.id))

    told = (await world.post("/api/events/list", {"within_runs": [known.run_id], "ascending": True})).body

    assert told[0]["message"] == "Run submitted. Status: PENDING"
    assert sorted(each["message"] for each in told[1:]) == [
        "Job created on new submission. Status: SUBMITTED",
        "Run status changed PENDING -> SUBMITTED",
    ]


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("* * * *", "schedule: '* * * *' has not five fields"),
        ("0 0 30 2 *", "schedule: '0 0 30 2 *': Bad day-of-month"),
        ([], "schedule: 1 to 16 expressions are possible"),
    ],
)
async def test_a_schedule_that_never_comes_is_refused(world: World, cron: Any, why: str) -> None:
    spec = {
        "run_name": "nightly",
        "configuration": {"type": "task", "commands": ["x"], "schedule": {"cron": cron}},
    }

    applied = await world.in_main("runs/apply", {"plan": {"run_spec": spec}, "force": False})
    planned = await world.in_main("runs/get_plan", {"run_spec": spec})

    assert applied.status == planned.status == 400
    assert applied.body["detail"][0]["msg"] == planned.body["detail"][0]["msg"]
    assert applied.body["detail"][0]["msg"].startswith(why)
