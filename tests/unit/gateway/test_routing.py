"""Which route a call takes, and whose path it is."""

import pytest

from runfold.gateway.ask import Ask
from runfold.gateway.dialects import owner
from runfold.gateway.http.call import Answer, Call
from runfold.gateway.http.errors import UnknownPath, WrongMethod
from runfold.gateway.http.routes import Route, Router


async def handler(ask: Ask[None]) -> Answer:
    return Answer()


ROUTER = Router(
    Route(method, path, handler, path)
    for method, path in [
        ("GET", "/"),
        ("POST", "/api/things/list"),
        ("POST", "/api/things/{name}/get"),
        ("GET", "/api/things/{name}/get"),
    ]
)


def test_parameters_are_taken_from_the_path() -> None:
    route, params = ROUTER.match("POST", "/api/things/blue/get")
    assert (route.path, params) == ("/api/things/{name}/get", {"name": "blue"})


def test_a_fixed_segment_goes_before_a_parameter() -> None:
    assert ROUTER.match("POST", "/api/things/list")[0].path == "/api/things/list"


def test_a_call_is_counted_under_its_route_whatever_its_parameters() -> None:
    assert ROUTER.place("POST", "/api/things/blue/get") == "POST /api/things/{name}/get"
    assert ROUTER.place("HEAD", "/api/things/blue/get") == "GET /api/things/{name}/get"


def test_what_clients_make_up_is_counted_as_one() -> None:
    assert ROUTER.place("POST", "/api/nothing") == ROUTER.place("BREW", "/api/things/list") == "unmatched"


def test_the_root_and_a_trailing_slash() -> None:
    assert ROUTER.match("GET", "/")[0].path == "/"
    assert ROUTER.match("POST", "/api/things/list/")[0].path == "/api/things/list"


def test_head_is_a_get_without_its_body() -> None:
    assert ROUTER.match("HEAD", "/api/things/blue/get")[0].method == "GET"


@pytest.mark.parametrize("path", ["/api", "/api/things", "/api/things//get", "/api/things/a/b/get", "/x"])
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(UnknownPath):
        ROUTER.match("POST", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(WrongMethod) as raised:
        ROUTER.match("DELETE", "/api/things/blue/get")
    assert raised.value.allowed == ("GET", "POST")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/runs/list", "dstack"),
        ("/", "dstack"),
        ("/healthcheck", "dstack"),
        ("/proxy/services/main/x", "dstack"),
        ("/api/v1/org-unit/projects", "runai"),
        ("/api/v10", "dstack"),
        ("/v1/k8s/x", "runai"),
        ("/jobs", "tork"),
        ("/jobsx", "dstack"),
        ("/health", "tork"),
        ("/api/runfold/v1/events", "native"),
    ],
)
def test_each_path_has_an_owner(path: str, name: str) -> None:
    assert owner(path).name == name


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Basic abc", None),
        ("Bearer ", None),
        ("", None),
        ("abc", None),
    ],
)
def test_a_token_is_a_bearer_s(header: str, token: str | None) -> None:
    assert Call("GET", "/", {"authorization": header}).token == token
