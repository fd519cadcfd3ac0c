"""AMQP's patterns of routing keys."""

import pytest

from runfold.bus.adapters.in_process.routing import topic_matches


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("run.RunSubmitted", "run.RunSubmitted"),
        ("run.*", "run.RunSubmitted"),
        ("*.*", "run.RunSubmitted"),
        ("#", "run.RunSubmitted"),
        ("#", ""),
        ("run.#", "run"),
        ("#.RunSubmitted", "a.b.RunSubmitted"),
        ("a.#.z", "a.z"),
        ("a.#.*.z", "a.b.c.z"),
    ],
)
def test_a_key_matches(pattern: str, key: str) -> None:
    assert topic_matches(pattern, key)


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("run", "run.RunSubmitted"),
        ("*", "run.RunSubmitted"),
        ("*.*.*", "run.RunSubmitted"),
        ("run.*", "run"),
        ("job.#", "run.RunSubmitted"),
        ("a.#.*.z", "a.z"),
        ("run.RunSubmitted", "run.runsubmitted"),
    ],
)
def test_a_key_does_not_match(pattern: str, key: str) -> None:
    assert not topic_matches(pattern, key)
