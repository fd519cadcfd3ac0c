"""Our answers, by dstack's own Python client and beside those of its own server."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from runfold.gateway.ssh_keys import key_pair
from runfold.service.system import SystemIds
from tests.bench import dstack as original
from tests.clients import asked, lived, refused
from tests.clients.conversation import Answer
from tests.clients.installed import VERSION, short_home
from tests.clients.keys import differences
from tests.clients.originals import key_differences, mistaken, other_words, program
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN, Embedded

#: The first of them makes two environments.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("dstack's original")]

KEY, _ = key_pair(SystemIds(), "somebody")

#: Where a key is ours alone, and why that is right.
MORE = {
    "user made: creds: ours alone": "a token is kept hashed, so that it is shown when it is made",
    "user made: ssh_private_key: ours alone": "of the same model as other answers with credentials",
    "groups of offers: cpus: ours alone": "null, which the original leaves out",
}
#: What is refused in other words, and why that is right.
OTHERWISE = {
    "exports": "the original's text names other products of its makers",
    "unknown call": "the original says 405, as its console takes every path",
}


class Answers:
    def __init__(self, client: Client) -> None:
        self.refused = refused.answers(client)
        self.asked = asked.answers(client, KEY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    directory = tmp_path_factory.mktemp("ours")
    settings = {"RUNFOLD_SSH_PORT": "0", "RUNFOLD_METRICS_INTERVAL": "0.3"}
    with closing(Embedded(directory / "server", environment=settings)) as embedded:
        embedded.start()
        yield embedded


@pytest.fixture(scope="module")
def ours(server: Embedded) -> Answers:
    return Answers(Client(server.url, TOKEN))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    with original.served(tmp_path_factory.mktemp("theirs") / "server") as served:
        return Answers(served.client)


def test_the_client_and_the_original_are_of_one_version() -> None:
    assert f"dstack {VERSION}" == original.NAME


def test_the_client_takes_every_answer_for_what_it_should_be(ours: Answers) -> None:
    assert mistaken(ours.asked) == {}


def test_the_client_takes_answers_about_what_runs_and_ran_for_what_they_should_be(
    ours: Answers, server: Embedded
) -> None:
    assert mistaken(lived.answers(Client(server.url, TOKEN))) == {}


def test_what_the_client_can_not_take_is_noticed(ours: Answers) -> None:
    run = ours.asked["run"]
    wrong = Answer(200, {**run.body, "status": "unheard of"}, run.model)
    assert "status" in mistaken({"run": wrong})["run"]


def test_answers_have_the_keys_of_the_originals(ours: Answers, theirs: Answers) -> None:
    assert set(key_differences(ours.asked, theirs.asked)) == MORE.keys()


def test_what_the_original_refuses_is_refused_in_the_same_words(ours: Answers, theirs: Answers) -> None:
    otherwise = other_words(ours.refused, theirs.refused)
    # What it accepts is compared by its keys.
    made = {what for what in otherwise if theirs.refused[what].status == 200}
    assert made == {"user", "active run"}
    assert otherwise.keys() - made == OTHERWISE.keys(), otherwise


def test_its_python_api_applies_attaches_follows_stops_and_lists(server: Embedded) -> None:
    settings = {"TOUR_URL": server.url, "TOUR_TOKEN": TOKEN, "PATH": os.environ["PATH"]}
    with short_home() as home:
        saw: dict[str, Any] = program("dstack_tour.py", environment={**settings, "HOME": str(home)})

    lines = "line 1\nline 2\nline 3\n"
    assert saw["followed"] == {"attached": True, "output": lines, "again": lines, "status": "done"}
    assert saw["stopped"] == "terminated"
    assert saw["runs"] == {"all": ["stopped", "followed"], "unknown": None}


def test_keys_that_are_missing_or_hold_something_else_are_noticed() -> None:
    found = differences({"a": [{"b": 1, "d": None}], "e": "1"}, {"a": [{"c": 1, "d": 2}], "e": 1})
    assert [*found] == ["a[].b: ours alone", "a[].c: theirs alone", "e: str instead of number"]
