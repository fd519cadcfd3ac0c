"""Nobody reads what services log while everything fails on purpose; and seeds are collected without all else."""

import gc
import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.simulation.quiet import quiet


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before, level = structlog.get_config(), logging.root.manager.disable
    quiet()
    gc.freeze()
    yield
    gc.unfreeze()
    structlog.configure(**before)
    logging.disable(level)
