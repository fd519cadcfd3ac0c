"""The lines that `runfold up` prints once it is up: where it listens, how jobs run, and one thing to try."""

from rich.console import Console

from runfold.embedded.config import holder, remember_token
from runfold.embedded.data_dir import UntoldFile
from runfold.executor.bootstrap import Executor
from runfold.gateway.gateway import Gateway


class Banner:
    """The last part to start."""

    def __init__(self, gateway: Gateway, executor: Executor, untold: UntoldFile, *, tls: bool) -> None:
        self._gateway, self._executor, self._untold, self._tls = gateway, executor, untold, tls

    async def start(self) -> None:
        console = Console(highlight=False, soft_wrap=True)
        host, port = self._gateway.address or ("", 0)
        url = f"http{'s' if self._tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"
        console.print(f"Runfold is up at [bold]{url}[/bold]; API documents at {url}/api/docs")
        if (ssh := self._gateway.ssh_address) is not None:
            console.print(f"Runs are attached to by SSH on port {ssh.port}")
        console.print(f"Jobs run as: {self._executor.told}")
        token = self._token(console, url)
        console.print("Try:")
        console.print(
            f'  curl -s {url}/api/project/main/runs/apply -H "Authorization: Bearer {token}" '
            """-H 'Content-Type: application/json' -d '{"plan": {"run_spec": {"configuration": """
            """{"type": "task", "commands": ["echo hello"]}}}, "force": false}'""",
            markup=False,
        )
        self._untold.forget()

    async def stop(self) -> None: ...

    def not_ready(self) -> str | None:
        return None

    def _token(self, console: Console, url: str) -> str:
        """The token where it was made just now, else what stands for it."""
        founded = self._gateway.founded
        if founded is None or not founded.made:
            if path := holder(url):
                console.print(f"The token that stands for $RUNFOLD_TOKEN below is in {path}")
            return "$RUNFOLD_TOKEN"
        try:
            kept = f"kept in {remember_token(url, founded.token)}"
        except OSError as error:
            kept = f"kept nowhere ({error})"
        console.print(f"Token of user admin, shown this once and {kept}: [bold]{founded.token}[/bold]")
        return founded.token
