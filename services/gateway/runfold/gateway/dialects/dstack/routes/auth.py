"""Where the calls about signing in through other services are, and about a proxy of one's own: none needs a token."""

from runfold.gateway.dialects.dstack.handlers import auth
from runfold.gateway.dialects.dstack.models.people import AuthProvider
from runfold.gateway.http.routes import Handler, Route

_REFUSED: list[tuple[str, Handler, int, str]] = [
    ("auth/get_next_redirect", auth.get_next_redirect, 400, "Where a browser goes on"),
    ("auth/{provider}/authorize", auth.sign_in, 400, "Sign in through another service"),
    ("auth/{provider}/callback", auth.sign_in, 400, "Back from another service"),
    ("sshproxy/get_upstream", auth.get_upstream, 403, "Where a proxy leads to"),
]

ROUTES: list[Route] = [
    Route(
        "POST",
        "/api/auth/list_providers",
        auth.list_providers,
        "Services to sign in through: none",
        list[AuthProvider],
        open=True,
    ),
    *(
        Route("POST", f"/api/{path}", handler, what, open=True, refuses=(status,))
        for path, handler, status, what in _REFUSED
    ),
]
