"""The claim protocol's rules, each with the case that breaks without it (PROTOCOL.md, Work)."""

from dataclasses import replace

import pytest

from runfold.contracts.executor import (
    Assigned,
    Assignment,
    AttemptsAssigned,
    AttemptsForgotten,
    AttemptsStopped,
    AttemptState,
    InventoryAnswered,
    StopOrder,
)
from runfold.executor.holdings import Holdings
from runfold.executor.ledger import VOID_GRACE, Admission, Admitted, Ledger, Refused, Steps
from runfold.executor.memory import remember
from tests.unit.executor.log_service import assignment


def admit(given: Assignment) -> Admission:
    return Refused("too_big", "it doesn't fit") if given.run_name == "big" else Admitted("memory")


@pytest.fixture
def held() -> Holdings:
    return Holdings()


@pytest.fixture
def ledger(held: Holdings) -> Ledger:
    return Ledger(admit, lambda: 1_000, held)


def assigned(position: int, attempt_id: str = "a", stop: StopOrder | None = None) -> AttemptsAssigned:
    return AttemptsAssigned((Assigned(position, assignment(attempt_id, stop=stop)),))


def answered(position: int, *attempt_ids: str, forget: tuple[str, ...] = ()) -> InventoryAnswered:
    return InventoryAnswered(position, 1, tuple(assignment(name) for name in attempt_ids), forget)


def stopped(position: int, attempt_id: str = "a", grace: int | None = 30) -> AttemptsStopped:
    return AttemptsStopped(position, (StopOrder(attempt_id, grace),))


def forgotten(position: int, attempt_id: str = "a") -> AttemptsForgotten:
    return AttemptsForgotten(position, (attempt_id,))


def state_of(ledger: Ledger, attempt_id: str = "a") -> AttemptState:
    return ledger.attempts[attempt_id].condition.state


def exit_it(ledger: Ledger, attempt_id: str = "a") -> Steps:
    condition = replace(ledger.attempts[attempt_id].condition, state=AttemptState.EXITED, exit_status=0)
    return ledger.change(attempt_id, condition)


def restarted(entries: dict[str, bytes], held: Holdings | None = None) -> Ledger:
    """The ledger that the next executor reads from the journal."""
    memory = remember(entries)
    ledger = Ledger(admit, lambda: 2_000, Holdings() if held is None else held)
    ledger.load(memory.attempts, memory.marks, memory.position)
    return ledger


class Journal:
    """Applies steps as the real one does."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def write(self, steps: Steps) -> None:
        for key, value in steps.entries.items():
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value


def test_what_is_assigned_is_claimed_journaled_reported_and_begun(ledger: Ledger) -> None:
    steps = ledger.assigned(assigned(5))
    assert (steps.begin, steps.report, list(steps.entries)) == (
        ["a"],
        {"a": ledger.attempts["a"].condition},
        ["attempt/a"],
    )
    assert state_of(ledger) is AttemptState.CLAIMED
    assert ledger.attempts["a"].condition.claimed_at == 1_000


def test_an_assignment_said_twice_is_begun_once(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    assert ledger.assigned(assigned(5)).begin == []
    assert ledger.answered(answered(6, "a")).begin == []


def test_what_is_withheld_is_never_begun_and_ends_with_the_reason(ledger: Ledger) -> None:
    withheld = replace(assignment("a"), withheld="secrets not found in the project: KEY")
    steps = ledger.assigned(AttemptsAssigned((Assigned(5, withheld),)))
    condition = steps.report["a"]
    assert (steps.begin, condition.state, condition.exited_at) == ([], AttemptState.EXITED, 1_000)
    assert (condition.reason, condition.message) == ("executor_error", withheld.withheld)
    assert ledger.answered(answered(6, "a")).begin == []


def test_what_was_begun_before_its_secret_went_goes_on(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    withheld = replace(assignment("a"), withheld="secrets not found in the project: KEY")
    steps = ledger.answered(InventoryAnswered(7, 1, (withheld,)))
    assert (steps.stop, steps.drop, state_of(ledger)) == ([], [], AttemptState.CLAIMED)


def test_what_does_not_fit_is_refused_as_a_fact_and_never_begun(ledger: Ledger) -> None:
    big = replace(assignment("a"), run_name="big")
    steps = ledger.assigned(AttemptsAssigned((Assigned(5, big),)))
    assert (steps.begin, list(steps.report)) == ([], ["a"])
    condition = ledger.attempts["a"].condition
    assert (condition.state, condition.reason, condition.message) == (
        AttemptState.REFUSED,
        "too_big",
        "it doesn't fit",
    )
    assert ledger.assigned(AttemptsAssigned((Assigned(5, big),))).begin == []


def test_an_answer_begins_what_no_message_told_of(ledger: Ledger) -> None:
    assert ledger.answered(answered(7, "a", "b")).begin == ["a", "b"]
    assert ledger.position == 7


def test_an_older_answer_is_ignored(ledger: Ledger) -> None:
    ledger.answered(answered(7, "a"))
    steps = ledger.answered(answered(6, "b"))
    assert steps == Steps()
    assert list(ledger.attempts) == ["a"]


def test_work_placed_at_or_before_an_answer_that_does_not_list_it_is_void(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    steps = ledger.answered(answered(5))
    assert steps.stop == ["a"]
    assert ledger.attempts["a"].void
    assert ledger.attempts["a"].stop == StopOrder("a", VOID_GRACE)


def test_work_placed_after_an_answers_position_is_untouched_by_it(ledger: Ledger) -> None:
    ledger.assigned(assigned(9))
    steps = ledger.answered(answered(8))
    assert (steps.stop, steps.drop) == ([], [])


def test_late_word_of_void_work_does_not_begin_it(ledger: Ledger) -> None:
    ledger.answered(answered(8))
    assert ledger.assigned(assigned(8)) == Steps()
    assert ledger.assigned(assigned(9)).begin == ["a"]


def test_of_several_in_a_message_each_is_judged_by_its_own_position(ledger: Ledger) -> None:
    ledger.answered(answered(8))
    late, new = Assigned(8, assignment("late")), Assigned(9, assignment("new"))
    steps = ledger.assigned(AttemptsAssigned((late, new)))
    assert (steps.begin, list(steps.entries)) == (["new"], ["attempt/new"])


def test_a_stop_that_comes_before_its_assignment_keeps_it_from_running(ledger: Ledger) -> None:
    ledger.stopped(stopped(6))
    steps = ledger.assigned(assigned(5))
    assert (steps.begin, list(steps.report)) == ([], ["a"])
    condition = ledger.attempts["a"].condition
    assert (condition.state, condition.reason) == (AttemptState.EXITED, "terminated_by_server")


def test_a_stop_before_its_assignment_is_remembered_by_the_next_executor(ledger: Ledger) -> None:
    journal = Journal()
    journal.write(ledger.stopped(stopped(6)))
    assert restarted(journal.entries).assigned(assigned(5)).begin == []


def test_it_is_remembered_until_an_answer_covers_it(ledger: Ledger) -> None:
    journal = Journal()
    journal.write(ledger.stopped(stopped(6)))
    journal.write(ledger.answered(answered(5)))
    assert "mark/a" in journal.entries
    journal.write(ledger.answered(answered(6)))
    assert "mark/a" not in journal.entries
    assert ledger.marks == {}


def test_an_assignment_that_is_to_be_stopped_already_is_ended_without_running(ledger: Ledger) -> None:
    steps = ledger.assigned(assigned(5, stop=StopOrder("a", 0)))
    assert steps.begin == []
    assert state_of(ledger) is AttemptState.EXITED


def test_a_stop_reaches_what_runs_and_only_a_shorter_grace_is_news(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    assert ledger.stopped(stopped(6, grace=None)).stop == ["a"]
    assert ledger.stopped(stopped(6, grace=30)).stop == ["a"]
    assert ledger.stopped(stopped(6, grace=30)).stop == []
    assert ledger.stopped(stopped(6, grace=None)).stop == []
    assert ledger.stopped(stopped(7, grace=0)).stop == ["a"]


def test_a_stop_that_only_the_answer_tells_of_reaches_what_runs(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    answer = InventoryAnswered(6, 1, (assignment("a", stop=StopOrder("a", 3)),))
    assert ledger.answered(answer).stop == ["a"]


def test_a_stop_is_remembered_by_the_next_executor(ledger: Ledger) -> None:
    journal = Journal()
    journal.write(ledger.assigned(assigned(5)))
    journal.write(ledger.stopped(stopped(6, grace=9)))
    assert restarted(journal.entries).attempts["a"].stop == StopOrder("a", 9)


def test_what_ended_stays_until_it_is_forgotten(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    exit_it(ledger)
    assert ledger.answered(answered(6, "a")).drop == []
    assert ledger.forgotten(forgotten(7)).drop == ["a"]


def test_late_word_of_what_is_forgotten_does_not_run_it_again(ledger: Ledger) -> None:
    """Forgotten at 7, while the newest inventory answer was from 0: the assignment at 5 looks new."""
    journal = Journal()
    journal.write(ledger.assigned(assigned(5)))
    exit_it(ledger)
    ledger.forgotten(forgotten(7))
    journal.write(ledger.dropped("a"))
    assert ledger.assigned(assigned(5)).begin == []
    assert ledger.answered(answered(6, "a")).begin == []
    assert restarted(journal.entries).assigned(assigned(5)).begin == []


def test_word_of_forgetting_that_overtakes_the_assignment_keeps_it_from_running(ledger: Ledger) -> None:
    ledger.forgotten(forgotten(7))
    assert ledger.assigned(assigned(5)).begin == []


def test_forgetting_what_still_runs_ends_it_first(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    steps = ledger.forgotten(forgotten(7))
    assert (steps.stop, steps.drop) == (["a"], [])


def test_what_an_answer_neither_lists_nor_keeps_is_dropped(ledger: Ledger) -> None:
    ledger.assigned(assigned(5))
    exit_it(ledger)
    assert ledger.answered(answered(9)).drop == ["a"]


def test_only_what_is_durable_is_told(ledger: Ledger) -> None:
    claimed = ledger.assigned(assigned(5))
    assert ledger.told == {}
    ledger.durable(claimed)
    exited = exit_it(ledger)
    assert ledger.told == claimed.report
    ledger.durable(exited)
    assert ledger.told == exited.report
    ledger.dropped("a")
    assert ledger.told == {}


def test_values_of_an_environment_are_kept_until_it_has_started(ledger: Ledger) -> None:
    journal = Journal()
    secret = assignment("a", env={"PASSWORD": "s3cret"}, registry_password="s3cret")
    journal.write(ledger.assigned(AttemptsAssigned((Assigned(5, secret),))))
    assert restarted(journal.entries).attempts["a"].assignment == secret
    running = replace(ledger.attempts["a"].condition, state=AttemptState.RUNNING)
    journal.write(ledger.change("a", running, started=True))
    assert b"s3cret" not in journal.entries["attempt/a"]


def test_what_the_journal_could_not_take_is_not_claimed(ledger: Ledger) -> None:
    steps = ledger.assigned(assigned(5))
    ledger.unclaim(steps)
    assert ledger.assigned(assigned(5)).begin == ["a"]


def test_capacity_is_held_from_the_claim_to_the_end_and_given_back_once(
    ledger: Ledger, held: Holdings
) -> None:
    ledger.assigned(assigned(5, "a"))
    ledger.assigned(assigned(6, "b"))
    assert (len(held), held.taken["cpu"]) == (2, 200)
    exit_it(ledger, "a")
    ledger.forgotten(forgotten(7, "a"))
    ledger.dropped("a")
    assert [(attempt.id, held.taken["cpu"]) for attempt in held] == [("b", 100)]


def test_what_never_runs_holds_nothing(ledger: Ledger, held: Holdings) -> None:
    ledger.assigned(AttemptsAssigned((Assigned(5, replace(assignment("a"), run_name="big")),)))
    ledger.assigned(assigned(6, "b", stop=StopOrder("b", 0)))
    ledger.unclaim(ledger.assigned(assigned(7, "c")))
    assert (len(held), held.taken["cpu"]) == (0, 0)


def test_the_next_executor_counts_what_still_holds_capacity(ledger: Ledger) -> None:
    journal, held = Journal(), Holdings()
    journal.write(ledger.assigned(assigned(5, "a")))
    journal.write(ledger.assigned(assigned(6, "b")))
    journal.write(exit_it(ledger, "a"))
    restarted(journal.entries, held)
    assert [(attempt.id, held.taken["cpu"]) for attempt in held] == [("b", 100)]


def test_the_next_executor_has_it_all_in_the_order_of_its_placement(ledger: Ledger) -> None:
    journal = Journal()
    for position, name in enumerate(("c", "a", "b"), 1):
        journal.write(ledger.assigned(assigned(position, name)))
    journal.write(ledger.answered(answered(3, "a", "b", "c")))
    journal.entries["of-a-later-version/x"] = b"{}"
    after = restarted(journal.entries)
    assert list(after.attempts) == ["c", "a", "b"]
    assert (after.attempts, after.position) == (ledger.attempts, 3)
