"""The command is there at once: nothing is imported that help doesn't need."""

import subprocess
import sys

import pytest

TRANSPORT = {"httpx", "msgspec", "yaml"}
SERVER = {"aiohttp", "runfold.embedded.settings", "runfold.service.settings"}


def imported(*arguments: str) -> set[str]:
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        f"sys.argv[1:] = {list(arguments)!r}\n"
        "from runfold.client.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


def test_the_list_of_commands_imports_nothing_of_what_they_do() -> None:
    # What a typer command takes, typer checks by pydantic; for the list it needn't.
    assert not imported("--help") & (TRANSPORT | SERVER | {"pydantic"})


@pytest.mark.parametrize("arguments", [("apply", "--help"), ("completion", "bash")])
def test_a_command_s_help_imports_no_transport(arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments) & (TRANSPORT | SERVER)
