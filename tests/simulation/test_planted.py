"""The simulation finds what it is there to find: bugs planted here, never in the product."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from runfold.contracts import job as j
from runfold.contracts.envelope import CommitRecord
from runfold.domain.job import decide
from runfold.eventlog import batch, takeover
from runfold.eventlog.follow import Follower
from runfold.eventlog.window import Window
from runfold.executor.agent import Agent
from runfold.executor.ledger import Ledger
from tests.simulation.store import SimStore
from tests.simulation.world import simulate

SEEDS = (
    400  #: at most; most are found within ten, and which seed finds one changes with any change of schedule
)

Patch = pytest.MonkeyPatch


def acknowledged_before_durable(patch: Patch) -> None:
    insert = SimStore.insert

    async def forgetful(store: SimStore, commit: CommitRecord) -> None:
        if commit.number % 11:
            await insert(store, commit)

    patch.setattr(SimStore, "insert", forgetful)


def expectations_unchecked(patch: Patch) -> None:
    patch.setattr(batch.Batch, "_conflict_with_log", lambda *_: None)
    patch.setattr(batch.Batch, "_conflict_here", lambda *_: None)


def window_not_loaded_at_takeover(patch: Patch) -> None:
    async def empty(*_: Any) -> Window:
        return Window()

    patch.setattr(takeover, "load_window", empty)


def begun_before_journaled(patch: Patch) -> None:
    take = Agent._take

    async def hasty(agent: Agent, steps: Any) -> None:
        for attempt_id in steps.begin:
            agent._crew.begin(attempt_id)
        await asyncio.sleep(0.2)
        steps.begin.clear()
        await take(agent, steps)

    patch.setattr(Agent, "_take", hasty)


def stale_inventory_answer_obeyed(patch: Patch) -> None:
    answered = Ledger.answered

    def obedient(ledger: Ledger, message: Any) -> Any:
        ledger.position = min(ledger.position, message.position)
        return answered(ledger, message)

    patch.setattr(Ledger, "answered", obedient)


def forgotten_work_taken_again(patch: Patch) -> None:
    patch.setattr(Ledger, "_mark", lambda *_: None)


def end_before_the_output(patch: Patch) -> None:
    patch.setattr(decide, "_output_done", lambda _: True)


def fact_recorded_twice(patch: Patch) -> None:
    recorded = decide.record

    def careless(job: Any, condition: Any) -> list[j.JobEvent]:
        attempt = next((a for a in job.attempts if a.id == condition.attempt_id), None)
        if attempt is not None and attempt.ended and condition.state == "exited":
            return [j.AttemptExited(job.id, attempt.id, "executor_error", 0)]
        return recorded(job, condition)

    patch.setattr(decide, "record", careless)


def lost_commit_never_caught_up(patch: Patch) -> None:
    async def trusting(follower: Follower) -> None:
        await follower._message_within(1e9)

    patch.setattr(Follower, "_news", trusting)


def due_retry_forgotten(patch: Patch) -> None:
    patch.setattr(decide, "resubmit", lambda *_: [])


@pytest.mark.parametrize(
    "plant",
    [
        acknowledged_before_durable,
        expectations_unchecked,
        window_not_loaded_at_takeover,
        begun_before_journaled,
        stale_inventory_answer_obeyed,
        forgotten_work_taken_again,
        end_before_the_output,
        fact_recorded_twice,
        lost_commit_never_caught_up,
        due_retry_forgotten,
    ],
)
def test_a_planted_bug_is_found(plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    assert any(simulate(seed)[0] for seed in range(1, SEEDS + 1))
