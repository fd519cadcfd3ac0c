"""Where the calls about users and their keys are."""

from runfold.gateway.dialects.dstack.handlers import credentials, public_keys, users
from runfold.gateway.dialects.dstack.models.people import (
    PublicKeyInfo,
    User,
    UsersInfoList,
    UserWithCreds,
)
from runfold.gateway.dialects.dstack.requests.people import (
    AddPublicKeyRequest,
    CreateUserRequest,
    DeletePublicKeysRequest,
    DeleteUsersRequest,
    ListUsersRequest,
    UpdateUserRequest,
    UserRequest,
)
from runfold.gateway.http.routes import Route

U = "/api/users"

ROUTES = [
    Route("POST", f"{U}/get_my_user", credentials.get_my_user, "The caller", UserWithCreds),
    Route(
        "POST",
        f"{U}/list",
        users.list_users,
        "Users",
        list[User] | UsersInfoList,
        takes=ListUsersRequest,
        optional=True,
    ),
    Route("POST", f"{U}/get_user", credentials.get_user, "A user", UserWithCreds, takes=UserRequest),
    Route(
        "POST",
        f"{U}/create",
        users.create,
        "Make a user",
        UserWithCreds,
        takes=CreateUserRequest,
        writes=True,
    ),
    Route("POST", f"{U}/update", users.update, "Change a user", User, takes=UpdateUserRequest, writes=True),
    Route("POST", f"{U}/delete", users.delete, "Delete users", takes=DeleteUsersRequest, writes=True),
    Route(
        "POST",
        f"{U}/refresh_token",
        credentials.refresh_token,
        "A new token in place of all older ones",
        UserWithCreds,
        takes=UserRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{U}/refresh_ssh_key",
        credentials.refresh_ssh_key,
        "A new key pair to attach with",
        UserWithCreds,
        takes=UserRequest,
        writes=True,
    ),
    Route(
        "POST", f"{U}/public_keys/list", public_keys.list_keys, "The caller's own keys", list[PublicKeyInfo]
    ),
    Route(
        "POST",
        f"{U}/public_keys/add",
        public_keys.add,
        "Add a key of the caller's",
        PublicKeyInfo,
        takes=AddPublicKeyRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{U}/public_keys/delete",
        public_keys.delete,
        "Delete keys of the caller's",
        takes=DeletePublicKeysRequest,
        writes=True,
    ),
]
