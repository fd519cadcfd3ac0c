"""What a job's script does before its commands: what its shell can see to, and no runtime has to."""

from pathlib import PurePosixPath

from runfold.gateway.dialects.dstack.nodes import Node

_POSIX = {"sh", "bash", "dash", "ash", "ksh", "zsh"}

#: MPI takes its nodes from a file, a line each; a node without GPUs has a slot without being told so.
_HOSTFILE = (
    'DSTACK_MPI_HOSTFILE="$(mktemp)" && export DSTACK_MPI_HOSTFILE && '
    'for ip in $DSTACK_NODES_IPS; do if [ "$DSTACK_GPUS_PER_NODE" = 0 ]; then echo "$ip"; '
    'else echo "$ip slots=$DSTACK_GPUS_PER_NODE"; fi; done > "$DSTACK_MPI_HOSTFILE" && '
)
#: `python` and `python3` are of the version asked for, where the image or the host has it.
_PYTHON = (
    'if command -v python{v} >/dev/null; then RUNFOLD_PYTHON="$(mktemp -d)" && '
    'ln -s "$(command -v python{v})" "$RUNFOLD_PYTHON/python" && '
    'ln -s "$(command -v python{v})" "$RUNFOLD_PYTHON/python3" && '
    'export PATH="$RUNFOLD_PYTHON:$PATH"; '
    "else echo 'python: there is no Python {v} here' >&2; exit 1; fi && "
)
_NVCC = "{ command -v nvcc >/dev/null || { echo 'nvcc: there is no nvcc here' >&2; exit 1; }; } && "


def prelude(node: Node, shell: str) -> str:
    """Nothing where the shell is none of POSIX's kind."""
    if PurePosixPath(shell).name not in _POSIX:
        return ""
    task = node.task
    parts = (
        _HOSTFILE if node.of > 1 else "",
        _PYTHON.replace("{v}", task.python) if task.python else "",
        _NVCC if task.nvcc else "",
    )
    return "".join(parts)
