"""Folding: every event type has its handler, replay gives the same state, and what touches which stream."""

from typing import Any, get_args

import msgspec
import pytest

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Envelope, Idempotency, Unknown
from runfold.contracts.job import JobEvent, JobFinished
from runfold.contracts.registry import EVENT_TYPES, Event
from runfold.contracts.run import RunDeleted, RunFinished, RunStopRequested
from runfold.domain import streams
from runfold.domain.cell import fold
from runfold.domain.cell.fold import KEYS_KEPT, UnknownEvent, apply
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events, touched
from runfold.domain.job.evolve import OF_ATTEMPTS, OF_JOBS
from tests.unit.domain.given import SECOND, After, World, given
from tests.unit.domain.things import FOUNDED, a_place, ended, fleet, instance, placed, running, submitted

KEY = Idempotency("user", "key", "/runs/apply", "sha", "run")


def test_every_event_type_is_folded() -> None:
    known = {kind.cls for kind in EVENT_TYPES.values()}
    assert set(fold._HANDLERS) == known | {Unknown}
    assert known == set(get_args(Event))


def test_every_event_of_a_job_changes_it_or_its_attempt() -> None:
    assert {*OF_JOBS, *OF_ATTEMPTS} == set(get_args(JobEvent))
    assert not {*OF_JOBS} & {*OF_ATTEMPTS}


def test_folding_keeps_position_and_time() -> None:
    world = given(*FOUNDED, After(3), submitted()).world
    assert (world.cell.position, world.cell.time) == (len(world.history), world.now)


def strange(position: int, *, ignorable: bool) -> Envelope:
    known = given(*FOUNDED).world.history[0]
    record = replace_struct(known.record, type="OfALaterVersion", ignorable=ignorable)
    return Envelope(position, known.time, record, Unknown(b"{}"))


def replace_struct(struct: Any, **changes: Any) -> Any:
    return type(struct)(**{name: getattr(struct, name) for name in struct.__struct_fields__} | changes)


def test_an_unknown_event_is_skipped_where_it_may_be() -> None:
    cell = Cell()
    apply(cell, strange(1, ignorable=True))
    assert cell.position == 1


def test_an_unknown_event_that_may_not_be_skipped_ends_the_folding() -> None:
    with pytest.raises(UnknownEvent, match="OfALaterVersion"):
        apply(Cell(), strange(1, ignorable=False))


def test_the_last_term_of_a_service_stands() -> None:
    world = given(
        TermBegan("log", "one"), TermBegan("scheduler", "s"), TermBegan("log", "two", "http://a")
    ).world
    assert (world.cell.terms["log"].id, world.cell.terms["log"].position) == ("two", 3)


def test_an_idempotency_key_is_remembered_for_a_day() -> None:
    world = given(*FOUNDED).world.keyed(submitted()[0], KEY)
    stream = streams.idempotency_key("user", "/runs/apply", "key")
    assert world.cell.keys[stream].key == KEY
    world.happens(After(KEYS_KEPT / SECOND - 1)).keyed(submitted("run-2")[0], replace_struct(KEY, key="2"))
    assert stream in world.cell.keys
    world.happens(After(1)).keyed(submitted("run-3")[0], replace_struct(KEY, key="3"))
    assert stream not in world.cell.keys
    assert len(world.cell.keys) == 2


def test_keys_of_different_users_and_paths_are_different() -> None:
    keys = {
        streams.idempotency_key(*of)
        for of in (("u", "/a", "k"), ("v", "/a", "k"), ("u", "/b", "k"), ("u", "/a", "l"), ("u/a", "", "k"))
    }
    assert len(keys) == 5


def test_what_happens_to_a_job_touches_the_job_alone_and_a_placement_its_instance_too() -> None:
    world = given(a_place(), submitted()).world
    assert touched(placed(), world.cell) == ("job:job", "instance:instance")
    for event in [*running()[1:], *ended(), JobFinished("job", "run", "attempt", "done", "x")]:
        assert touched(event, world.cell) == ("job:job",)


def test_names_are_touched_by_what_takes_and_frees_them() -> None:
    world = given(*FOUNDED, submitted()).world
    name = "name:project/runs/name-run"
    assert touched(submitted()[0], world.cell) == ("run:run", name, "held:project")
    assert touched(RunDeleted("run", "project", "name-run"), world.cell) == ("run:run", name)
    assert touched(RunFinished("run", "done", "x"), world.cell) == ("run:run",)


def test_a_submission_touches_neither_its_project_nor_its_user() -> None:
    world = given(*FOUNDED).world
    streams_touched = {s for new in new_events(submitted(), world.cell) for s in new.streams}
    assert streams_touched == {"run:run", "name:project/runs/name-run", "job:job", "held:project"}


def test_events_know_their_project_and_a_submission_makes_it_known_to_its_jobs() -> None:
    world = given(*FOUNDED, fleet(project=None)).world
    assert [new.project for new in new_events(submitted(), world.cell)] == ["project", "project"]
    world.happens(submitted(), instance())
    events = [placed(), *ended(), RunStopRequested("run", "user"), TermBegan("log", "x")]
    assert [new.project for new in new_events(events, world.cell)] == [*["project"] * 4, None]


def test_a_services_events_carry_on_the_correlation_of_their_run() -> None:
    world = given(a_place(), submitted()).world
    (new,) = new_events([placed()], world.cell, "service:scheduler")
    assert new.context is not None
    assert (new.context.actor, new.context.correlation_id) == ("service:scheduler", "correlation")


def test_replaying_the_same_history_twice_gives_the_same_state() -> None:
    world = given(a_place(), submitted(), running(), ended()).world
    again = World()
    for envelope in world.history:
        apply(again.cell, msgspec.structs.replace(envelope))
    assert again.cell == world.cell
