# Sourced by infra/run: makes .venv and installs the workspace into it, editable.

distributions=(contracts libs libs/client services/gateway services/scheduler services/provisioner
    services/executor services/log services/embedded)

# set_up ROOT VENV GROUP: GROUP is `run` or `test`.
set_up() {
    local root=$1 venv=$2 group=$3 editables=() groups=() dist
    make_venv "$venv"
    install_uv "$root" "$venv"
    for dist in "${distributions[@]}"; do editables+=(--editable "$root/$dist"); done
    [[ $group == test ]] && groups=(--group "$root/pyproject.toml:test")
    say "installing Runfold and its $([[ $group == test ]] && echo "run-time and test" || echo run-time) dependencies"
    (
        eval "$("$venv/bin/python" "$root/infra/lib/index_settings.py")"
        "$venv/bin/uv" pip install --python "$venv/bin/python" --no-python-downloads --compile-bytecode \
            --constraints "$root/requirements.lock" --build-constraints "$root/requirements.lock" \
            "${editables[@]}" "${groups[@]}" >&2
    ) || die "the installation failed; the lines above say why"
    say "ready"
}

make_venv() {
    local venv=$1 python=${RUNFOLD_PYTHON:-python3}
    "$venv/bin/python" -c 'import pip' 2>/dev/null && return
    command -v "$python" >/dev/null || missing_venv
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
        die "needs Python 3.11 to 3.13, and $python is $("$python" --version); set RUNFOLD_PYTHON to another one"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing_venv
    say "making .venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || die "python3 -m venv failed"
}

missing_venv() {
    say "python3 with venv is missing; on Debian and Ubuntu this brings it:"
    echo "sudo apt install -y git python3-venv" >&2
    exit 1
}

# pip brings uv, in the version and with the hashes of the lock.
install_uv() {
    local root=$1 venv=$2 wanted
    wanted=$(mktemp)
    awk '/^[a-z]/ { keep = /^uv==/ } keep' "$root/requirements.lock" >"$wanted"
    say "installing $(awk '{ print $1; exit }' "$wanted")"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$wanted" >&2 ||
        die "pip could not install uv"
    rm -f "$wanted"
}
