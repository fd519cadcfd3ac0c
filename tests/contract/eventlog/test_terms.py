"""A service's activity: who begins later wins, and the one before can append nothing more."""

import asyncio
from collections.abc import Sequence

import pytest

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Commit
from runfold.eventlog.port import Conflict, EventLog
from runfold.eventlog.session import Term, TermEnded
from tests.contract.eventlog.given import CLOCK, IDS, an_event, append_ids, everything
from tests.contract.eventlog.worlds import World
from tests.faulty_store import Fault


def a_term(log: EventLog) -> Term:
    return Term(log, "scheduler", CLOCK, IDS)


def observe(term: Term, commits: Sequence[Commit]) -> None:
    for commit in commits:
        term.observe(commit)


async def test_a_term_begins_in_the_log(log: EventLog) -> None:
    term = a_term(log)

    appended = await term.begin()

    assert term.position == appended.last
    [commit] = await log.read(appended.number - 1, 1)
    assert [event.data for event in commit.events] == [TermBegan("scheduler", term.id)]


async def test_in_its_term_a_replica_appends(log: EventLog) -> None:
    term = a_term(log)
    await term.begin()

    first = await term.append([an_event("run:a")], ["run:a"], term.position)
    await term.append([an_event("run:a")], ["run:a"], first.last)

    assert len(await append_ids(log)) == 3


async def test_a_zombie_appends_nothing_though_nobody_told_it(log: EventLog) -> None:
    zombie, active = a_term(log), a_term(log)
    await zombie.begin()
    await active.begin()

    with pytest.raises(Conflict) as refusal:
        await zombie.append([an_event("run:a")], ["run:a"], zombie.position)
    await active.append([an_event("run:a")], ["run:a"], active.position)

    assert refusal.value.streams == ("term:scheduler",)


async def test_folding_anothers_term_ends_the_own_before_any_further_decision(log: EventLog) -> None:
    zombie, active = a_term(log), a_term(log)
    await zombie.begin()
    await active.begin()

    observe(zombie, await everything(log))
    observe(active, await everything(log))

    assert (zombie.ended, active.ended) == (True, False)
    await zombie.over()
    assert zombie.not_ready() is not None
    with pytest.raises(TermEnded):
        await zombie.append([an_event("run:a")], [], (await log.head()).position)


async def test_terms_of_other_services_and_earlier_ones_end_nothing(log: EventLog) -> None:
    earlier, other = a_term(log), Term(log, "provisioner", CLOCK, IDS)
    await earlier.begin()
    term = a_term(log)
    await term.begin()
    await other.begin()

    observe(term, await everything(log))

    assert not term.ended


async def test_two_that_begin_at_once_both_get_a_term_and_only_the_later_keeps_it(log: EventLog) -> None:
    terms = [a_term(log), a_term(log)]

    await asyncio.gather(*(term.begin() for term in terms))

    for term in terms:
        observe(term, await everything(log))
    assert [term.ended for term in sorted(terms, key=lambda term: term.position)] == [True, False]


async def test_one_append_of_a_term_is_in_flight_at_a_time(world: World) -> None:
    log = await world.log(await world.writer())
    term = a_term(log)
    await term.begin()

    answers = await asyncio.gather(
        *(term.append([an_event(f"run:{i}")], [f"run:{i}"], term.position) for i in range(3)),
        return_exceptions=True,
    )

    # Each was decided where the term began: none contradicts another, and each has a commit of its own.
    assert len({getattr(answer, "number", None) for answer in answers}) == 3


async def test_a_term_repeats_what_is_open_and_it_stands_once(world: World) -> None:
    store = world.store()
    log = await world.log(await world.writer(store, patience=0.01))
    term = a_term(log)
    await term.begin()
    store.faults.extend([Fault.REFUSED] * 3 + [Fault.UNANSWERED])

    await term.append([an_event("run:a")], ["run:a"], term.position)

    assert len(await append_ids(log)) == 2
