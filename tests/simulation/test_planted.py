"""The simulation finds what it is there to find: bugs planted in the search's own processes, never in the product."""

import pytest

from tests.simulation.plants import PLANTS
from tests.simulation.seeds import Plant, told

SEEDS = 200  #: at most; the median is far below, and which seed finds one changes with any change of schedule


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(plant: Plant) -> None:
    assert any(each.violation for each in told(range(1, SEEDS + 1), plant=plant))
