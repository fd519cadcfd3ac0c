"""What the writer remembers."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Appended
from runfold.eventlog.window import Memory, Window, load_window


def commits_of(*contents: tuple[str, ...], time_step: int = 10) -> list[CommitRecord]:
    """One append of one event a commit, each touching the streams given."""
    return [
        CommitRecord(
            number=number,
            first=number,
            count=1,
            time=number * time_step,
            log_id="log",
            appends=(f"append-{number}",),
            streams=streams,
            body=msgspec.Raw(b"[]"),
            sizes=(1,),
        )
        for number, streams in enumerate(contents, 1)
    ]


def filled(records: list[CommitRecord], memory: Memory) -> Window:
    window = Window(memory=memory)
    for record in records:
        window.add(record)
    return window


def test_it_tells_which_streams_were_touched_since() -> None:
    window = filled(commits_of(("a", "b"), ("b",), ("c",)), Memory())

    assert window.touched(["a", "b", "c", "d"], 1) == {"b": 2, "c": 3}
    assert window.touched(["a", "b", "c", "d"], 3) == {}


def test_streams_of_one_commit_are_told_apart_where_their_positions_are_known() -> None:
    window = Window()
    record = msgspec.structs.replace(commits_of(("a", "b"))[0], count=2, sizes=(2,))
    window.add(record, {"a": 1, "b": 2})

    assert window.touched(["a", "b"], 1) == {"b": 2}


def test_it_forgets_what_is_both_far_back_and_old() -> None:
    window = filled(commits_of(("a",), ("b",), ("a",), ("c",)), Memory(commits=2, span=15))

    assert window.start == 2
    assert window.answer("append-2") is None
    assert window.answer("append-3") == Appended(3, 3, 3)
    assert window.touched(["a", "b"], 0) == {"a": 3}


def test_it_keeps_what_is_young() -> None:
    assert filled(commits_of(*[("a",)] * 9), Memory(commits=2, span=1_000)).start == 0


def test_it_keeps_the_last_commits_however_old() -> None:
    window = filled(commits_of(*[("a",)] * 9, time_step=10**9), Memory(commits=4, span=1))

    assert window.start == 5


def test_several_appends_of_a_commit_have_their_own_positions() -> None:
    record = msgspec.structs.replace(commits_of(("a",))[0], count=5, appends=("x", "y"), sizes=(2, 3))

    window = filled([record], Memory())

    assert (window.answer("x"), window.answer("y")) == (Appended(1, 1, 2), Appended(1, 3, 5))


@given(
    contents=st.lists(st.lists(st.sampled_from("abcde"), min_size=1, unique=True).map(tuple), min_size=1),
    commits=st.integers(1, 10),
    span=st.integers(0, 100),
)
async def test_a_loaded_window_knows_at_least_what_one_that_grew_does(
    contents: list[tuple[str, ...]], commits: int, span: int
) -> None:
    records, memory = commits_of(*contents), Memory(commits, span)

    grown = filled(records, memory)
    loaded = await load_window(MemoryStore(records), records[-1], memory)

    assert loaded.start <= grown.start
    assert len(records) - loaded.start >= min(commits, len(records))
    for at in range(grown.start, len(records) + 1):
        assert loaded.touched("abcde", at) == grown.touched("abcde", at)
    for record in records[grown.start :]:
        assert loaded.answer(record.appends[0]) == grown.answer(record.appends[0])
