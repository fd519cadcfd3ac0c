"""Tokens are kept hashed: by their digest they are found, and nobody can read one from the log."""

from hashlib import sha256


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
