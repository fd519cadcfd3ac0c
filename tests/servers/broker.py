"""What tests ask of a broker beside AMQP, by RabbitMQ's management API."""

import base64
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Broker:
    """A running RabbitMQ: its AMQP address and its management address, both with an administrator's credentials."""

    url: str
    management_url: str

    def add_vhost(self, vhost: str) -> str:
        """Makes `vhost`, open to the administrator, and returns its AMQP address."""
        self.call("PUT", f"/api/vhosts/{quote(vhost, safe='')}")
        user = urlsplit(self.url).username or "guest"
        self.allow(vhost, user)
        return self.address(vhost)

    def remove_vhost(self, vhost: str) -> None:
        """Removes `vhost` and all in it; its connections are closed."""
        self.call("DELETE", f"/api/vhosts/{quote(vhost, safe='')}")

    def add_user(
        self, vhost: str, user: str, *, configure: str = ".*", write: str = ".*", read: str = ".*"
    ) -> str:
        """Makes `user`, whose password is the name, with these permissions; returns the user's AMQP address."""
        self.call("PUT", f"/api/users/{quote(user, safe='')}", {"password": user, "tags": ""})
        self.allow(vhost, user, configure=configure, write=write, read=read)
        return self.address(vhost, user)

    def remove_user(self, user: str) -> None:
        """Removes `user`; its connections are closed."""
        self.call("DELETE", f"/api/users/{quote(user, safe='')}")

    def allow(
        self, vhost: str, user: str, *, configure: str = ".*", write: str = ".*", read: str = ".*"
    ) -> None:
        """Sets what `user` may do in `vhost`: three regular expressions over names."""
        permissions = {"configure": configure, "write": write, "read": read}
        self.call("PUT", f"/api/permissions/{quote(vhost, safe='')}/{quote(user, safe='')}", permissions)

    def address(self, vhost: str, user: str | None = None) -> str:
        """AMQP address of `vhost`, for `user`, or for the administrator."""
        parts = urlsplit(self.url)
        who = f"{quote(user)}:{quote(user)}" if user else f"{parts.username}:{parts.password}"
        return f"amqp://{who}@{parts.hostname}:{parts.port}/{quote(vhost, safe='')}"

    def queues(self, vhost: str) -> list[dict[str, Any]]:
        """The queues of `vhost`, as the management API tells them; counts lag by up to 5 s."""
        queues: list[dict[str, Any]] = self.call("GET", f"/api/queues/{quote(vhost, safe='')}")
        return queues

    def close_connections(self, vhost: str) -> int:
        """Closes each connection to `vhost`, as a broker does that shuts down; returns how many there were."""
        connections = self.call("GET", f"/api/vhosts/{quote(vhost, safe='')}/connections")
        for connection in connections:
            self.call("DELETE", f"/api/connections/{quote(connection['name'], safe='')}")
        return len(connections)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One call of the management API; returns the decoded answer, None when empty. Raises HTTPError."""
        parts = urlsplit(self.management_url)
        url = f"http://{parts.hostname}:{parts.port}{path}"
        credentials = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None
