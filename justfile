# Each line runs in the project's environment, .venv, which `infra/run` makes if need be.
set shell := ["infra/run", "--test", "bash", "-euo", "pipefail", "-c"]
set positional-arguments
set quiet

[private]
default:
    @just --list --unsorted

# Runfold in one process on this machine, as `runfold up`
[group('run')]
up *arguments:
    runfold up "$@"

# The five services as plain processes, against RUNFOLD_MONGO_URL and RUNFOLD_AMQP_URL
[group('run')]
services *arguments:
    infra/services "$@"

# The same in containers, with RabbitMQ, MongoDB and an OpenTelemetry collector, by Docker compose
[group('run')]
compose *arguments="up": images
    infra/compose/secrets
    docker compose "$@"

# The servers that tests need: install, start, stop, status, or `with -- COMMAND`
[group('run')]
servers *arguments:
    infra/servers "$@"

# Every test, with real servers; arguments go to pytest
[group('test')]
test *arguments:
    infra/servers install || true
    pytest "$@"

# Tests of single modules alone: seconds, no servers
[group('test')]
unit *arguments:
    pytest tests/unit "$@"

# All five services on a simulated clock, network and disk; `--seeds N` says how many
[group('test')]
simulate *arguments:
    python -m tests.simulation "$@"

# Real processes and servers, killed at every point that there is, cut off and brought back; half an hour
[group('test')]
chaos *arguments:
    infra/servers install || true
    pytest -m chaos --walk whole "$@"

# Calls made up from the OpenAPI document, `examples` for each operation, others each time
[group('test')]
hostile examples="1000" *arguments="":
    RUNFOLD_TEST_EXAMPLES={{ examples }} pytest tests/hostile/test_document.py --timeout 3600 "${@:2}"

# How fast it is on this machine; `--against dstack` compares, `--profile ROW` says where the time goes
[group('test')]
bench *arguments:
    infra/servers install || true
    python -m tests.bench "$@"

# Writes what `just bench --json FILE` found into the README
[group('test')]
numbers *files:
    python -m tests.bench.readme "$@"

# Style, types, the arrows between packages, and generated files that are no longer what the code says
[group('change')]
check:
    failed=0; \
    for each in "ruff check" "ruff format --check" mypy "lint-imports --no-logo" "python -m runfold.contracts.generate --check"; do \
        echo "--- $each"; $each || failed=1; \
    done; \
    exit $failed

# Mends what ruff can mend
[group('change')]
format:
    ruff check --fix
    ruff format

# Writes JSON Schemas, asyncapi.yaml, openapi.json and the schemas of configurations anew from the code
[group('change')]
contracts:
    python -m runfold.contracts.generate
    python -m runfold.gateway.openapi > contracts/openapi.json
    python infra/lib/configuration_schemas.py > libs/client/runfold/client/configuration/schemas.json

# Resolves the dependencies anew: `just lock` keeps versions that still fit, `just lock --upgrade` takes the newest
[group('change')]
lock *arguments:
    infra/lock "$@"

# Wheels, and the five services' images out of them
[group('ship')]
images *arguments:
    infra/images/build "$@"
