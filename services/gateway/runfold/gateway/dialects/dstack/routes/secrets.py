"""Where the calls about secrets are."""

from runfold.gateway.dialects.dstack.handlers import secrets
from runfold.gateway.dialects.dstack.models.secrets import Secret
from runfold.gateway.dialects.dstack.requests.secrets import (
    CreateOrUpdateSecretRequest,
    DeleteSecretsRequest,
    GetSecretRequest,
)
from runfold.gateway.http.routes import Route

P = "/api/project/{project}/secrets"

ROUTES = [
    Route("POST", f"{P}/list", secrets.list_secrets, "Secrets of a project, without values", list[Secret]),
    Route("POST", f"{P}/get", secrets.get, "A secret and its value", Secret, takes=GetSecretRequest),
    Route(
        "POST",
        f"{P}/create_or_update",
        secrets.create_or_update,
        "Set a secret",
        Secret,
        takes=CreateOrUpdateSecretRequest,
        writes=True,
    ),
    Route("POST", f"{P}/delete", secrets.delete, "Delete secrets", takes=DeleteSecretsRequest, writes=True),
]
