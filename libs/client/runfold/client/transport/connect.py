"""Where the server is, who asks, and for how long an answer is waited for."""

from dataclasses import dataclass, field
from ssl import SSLContext, create_default_context

from runfold.client.transport.retry import Retry


@dataclass(frozen=True, slots=True)
class Connect:
    url: str
    token: str = field(repr=False)
    timeout: float = 15.0  #: seconds for each attempt; the server itself gives up sooner
    retry: Retry = field(default_factory=Retry)

    @property
    def verify(self) -> SSLContext | bool:
        """The system's certificates; none where no TLS is spoken, since reading them takes a tenth of a second."""
        return create_default_context() if self.url.startswith("https://") else False

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "User-Agent": "runfold-client",
        }
