"""Prints pip's own index settings as `export UV_...` lines, so that uv asks where pip would have asked."""

import ast
import os
import shlex
import subprocess
import sys

#: pip's option, and the variable by which uv takes the same.
VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}

#: Later ones win, as in pip: the environment over a section of a command, and that over the global one.
SECTIONS = ("global", "install", ":env:")


def main() -> None:
    """Writes one `export` line for each setting that the environment doesn't have already."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    for variable, value in uv_settings(listing).items():
        if variable not in os.environ:
            print(f"export {variable}={shlex.quote(value)}")


def uv_settings(listing: str) -> dict[str, str]:
    """What `pip config list` printed, as variables of uv."""
    found: dict[str, str] = {}
    for section in SECTIONS:
        for option, value in options(listing, section):
            if option in VARIABLES:
                found[VARIABLES[option]] = " ".join(value.split())
    # uv separates these by commas, pip by white space.
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = ",".join(usable(found["UV_FIND_LINKS"].split()))
    # pip takes the best match of all indexes; the lock's hashes make that safe here.
    if "UV_INDEX" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {variable: value for variable, value in found.items() if value}


def options(listing: str, section: str) -> list[tuple[str, str]]:
    """The options of one section, in the order printed."""
    lines = [line for line in listing.splitlines() if line.startswith(f"{section}.") and "=" in line]
    pairs = [line.removeprefix(f"{section}.").split("=", 1) for line in lines]
    return [(option, str(ast.literal_eval(value))) for option, value in pairs]


def usable(links: list[str]) -> list[str]:
    """Leaves out folders that aren't there: pip passes over them, uv would stop."""
    return [link for link in links if "://" in link or os.path.isdir(link)]


if __name__ == "__main__":
    main()
