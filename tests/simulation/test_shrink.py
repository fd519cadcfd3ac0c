"""A violated seed says which faults are enough for it."""

from collections.abc import Sequence

import pytest

from runfold.eventlog.window import Window
from tests.simulation.__main__ import again, fewest
from tests.simulation.shrink import shrunk
from tests.simulation.world import Told, simulate


def _needs(*needed: int) -> tuple[list[int], list[int]]:
    """What is left of 0 to 39, and how many tries each took."""
    tries: list[int] = []

    def fails(items: Sequence[int]) -> bool:
        tries.append(len(items))
        return set(needed) <= set(items)

    return shrunk(range(40), fails), tries


@pytest.mark.parametrize("needed", [(), (7,), (0, 39), (3, 20, 21), tuple(range(40))])
def test_only_what_is_needed_is_left(needed: tuple[int, ...]) -> None:
    assert _needs(*needed)[0] == sorted(needed)


def test_few_tries_find_one_of_many() -> None:
    assert len(_needs(7)[1]) < 25


def test_a_seed_that_fails_without_faults_needs_none() -> None:
    assert shrunk([], lambda _: True) == []


def test_a_planted_bug_needs_few_of_its_seeds_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    async def empty(*_: object) -> Window:
        return Window()

    monkeypatch.setattr("runfold.eventlog.takeover.load_window", empty)
    failed = next(t for t in map(simulate, range(1, 200)) if t.violation and len(t.faults) > 4)
    left = fewest(failed)
    assert 0 < len(left) < len(failed.faults)
    assert simulate(failed.seed, only=left).violation
    for one in left:
        assert not simulate(failed.seed, only=[name for name in left if name != one]).violation


def test_the_command_repeats_just_that() -> None:
    assert again(7, ["crash:log@12.3", "lost"]) == (
        "just simulate --seeds 1 --from 7 --only crash:log@12.3,lost --trace"
    )
    assert again(7, []) == "just simulate --seeds 1 --from 7 --only nothing --trace"


def test_what_is_left_out_doesnt_happen() -> None:
    with_all = simulate(2)
    assert len(with_all.faults) > 3
    chosen = with_all.faults[-1]
    assert simulate(2, only=[chosen]).faults == (chosen,)
    assert simulate(2, only=[]) == Told(2)
