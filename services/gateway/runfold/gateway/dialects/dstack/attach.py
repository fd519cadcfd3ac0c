"""What attaching takes of a run that was submitted in this dialect."""

import msgspec

from runfold.domain.run.state import Run


class _Keyed(msgspec.Struct):
    ssh_key_pub: str | None = None


_decoder = msgspec.json.Decoder(_Keyed)


def submitted_key(run: Run) -> str | None:
    """The public key that it was submitted with."""
    return _decoder.decode(run.request).ssh_key_pub if run.dialect == "dstack" else None
