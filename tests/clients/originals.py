"""Whether our answers are dstack's: by the models of its client, and by what its own server answers."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.clients.conversation import Answer
from tests.clients.installed import programs
from tests.clients.keys import differences

HERE = Path(__file__).parent


def mistaken(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Why dstack's client can't take an answer for what it should be, by what was asked."""
    typed = [[what, each.model, each.body] for what, each in answers.items() if each.model is not None]
    assert typed
    found: dict[str, str] = program("dstack_models.py", given=json.dumps(typed))
    return found


def program(name: str, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None) -> Any:
    """What a program beside this one, which runs where dstack's client is installed, prints as JSON."""
    done = subprocess.run(
        [str(programs() / "python"), str(HERE / name), *arguments],
        input=given,
        env=environment or {},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def key_differences(ours: Mapping[str, Answer], theirs: Mapping[str, Answer]) -> Iterator[str]:
    for what, answer in theirs.items():
        if ours[what].status != answer.status:
            yield f"{what}: {ours[what].status} instead of {answer.status}"
            continue
        yield from (f"{what}: {each}" for each in differences(ours[what].body, answer.body))


def other_words(
    ours: Mapping[str, Answer], theirs: Mapping[str, Answer]
) -> dict[str, tuple[tuple[int, Any], tuple[int, Any]]]:
    """Our status and body beside the original's, where they aren't the same."""
    pairs = {
        what: ((ours[what].status, ours[what].body), (answer.status, answer.body))
        for what, answer in theirs.items()
    }
    return {what: (mine, yours) for what, (mine, yours) in pairs.items() if mine != yours}
