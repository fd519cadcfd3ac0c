"""Public keys as users bring them."""

import base64
import warnings
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runfold.domain.errors import Invalid
from runfold.gateway.ssh_keys import key_pair, public_key
from runfold.service.system import SystemIds

MALFORMED = "Invalid public key, must be in OpenSSH public key format"


def line(
    private: Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey,
) -> str:
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def of_a_token() -> str:
    """What a hardware token signs with: the same key, and what it is for."""
    kind = b"sk-ssh-ed25519@openssh.com"
    number = base64.b64decode(ED25519.split()[1])[-32:]
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (kind, number, b"ssh:"))
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


ED25519 = line(Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.mark.parametrize(
    "text",
    [
        ED25519,
        line(rsa.generate_private_key(65537, 2048)),
        line(ec.generate_private_key(ec.SECP256R1())),
        line(ec.generate_private_key(ec.SECP521R1())),
        of_a_token(),
    ],
    ids=["ed25519", "rsa", "nistp256", "nistp521", "token"],
)
def test_what_ssh_keygen_writes_is_taken(text: str) -> None:
    key = public_key(f"  {text}   ann@laptop, at  home\n")
    blob = base64.b64decode(text.split()[1])
    assert key.line == f"{text} ann@laptop, at home"
    assert key.name == "ann@laptop, at home"
    assert key.fingerprint == "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")


def test_a_key_without_a_comment_is_named_after_itself() -> None:
    assert len(public_key(ED25519).name) == 32


def test_our_own_pair_s_public_key_is_one() -> None:
    public, _ = key_pair(SystemIds(), "ann")
    assert public_key(public).line + "\n" == public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "no key",
        ED25519.replace("ssh-ed25519", "ssh-rsa"),
        ED25519[:-8],
        ED25519 + "AAAA",
        f'command="id" {ED25519}',
        f"{ED25519} {'x' * 20_000}",
    ],
    ids=["empty", "type", "words", "other type", "cut short", "too long", "options", "endless"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=MALFORMED):
        public_key(text)


def test_a_type_that_is_not_taken_is_named() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = line(dsa.generate_private_key(1024))
    with pytest.raises(Invalid, match="Unsupported key type: ssh-dss"):
        public_key(old)
