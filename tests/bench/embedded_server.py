"""`runfold up` whose executor has the runtime that does nothing: `python -m tests.bench.embedded_server …`.

Takes the options that the end-to-end tests give `runfold up`.
"""

import argparse
import sys
from pathlib import Path

from runfold.embedded.bootstrap import parts, wire
from runfold.embedded.data_dir import DataDir
from runfold.embedded.settings import UpSettings
from runfold.service import logging, serve
from runfold.service.component import Component
from runfold.service.settings import load
from tests.bench.idle import IdleRuntime, VastHost


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int)
    options.add_argument("--data-dir", type=Path)
    options.add_argument("--admin-token")
    options.add_argument("--runtime", choices=("process",))
    settings = load(UpSettings, **vars(options.parse_args()))
    own, data = parts(settings), DataDir(settings.directory)

    async def wired() -> Component:
        return wire(
            settings,
            own,
            data,
            runtimes={"process": IdleRuntime()},
            host=VastHost(own.executor.directory, own.executor.heartbeat),
        )

    logging.configure("up", level=settings.log_level, form=settings.log_format)
    data.acquire()
    return serve.run("up", settings, wired)


if __name__ == "__main__":
    sys.exit(main())
