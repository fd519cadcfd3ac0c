"""Rendered runs are kept until they change, and no longer."""

from runfold.domain.cell.state import Cell
from runfold.gateway.readmodels import rendered
from runfold.gateway.readmodels.rendered import Rendered


def test_what_was_rendered_is_given_again() -> None:
    kept = Rendered(Cell)
    first = kept.run("r", "v", lambda: b"first")
    assert kept.run("r", "v", lambda: b"second") == first
    assert kept.run("r", "other", lambda: b"third") == b"third"


def test_only_the_newest_are_kept() -> None:
    kept = Rendered(Cell)
    for number in range(rendered.KEPT + 1):
        kept.run(str(number), "v", lambda: b"old")
    assert kept.run("0", "v", lambda: b"new") == b"new"
    assert kept.run(str(rendered.KEPT), "v", lambda: b"new") == b"old"


def test_folding_anew_forgets_all() -> None:
    kept = Rendered(Cell)
    kept.run("r", "v", lambda: b"old")
    kept.changed(None)
    assert kept.run("r", "v", lambda: b"new") == b"new"
