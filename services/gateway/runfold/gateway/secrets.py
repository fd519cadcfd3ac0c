"""Secret values as the gateway needs them: sealed before they enter an event, revealed to whose they are."""

from typing import Protocol

from runfold.contracts.values import Ciphertext
from runfold.service.vault import KeyGone, Vault

GONE = "***"  #: what is shown of a secret whose key was deleted


class Secrets(Protocol):
    async def seal(self, project_id: str, value: str, *, month: str | None = None) -> Ciphertext:
        """Under a key of the project, or of the project and a month such as 2026-11. Raises Unavailable."""

    async def reveal(self, sealed: Ciphertext) -> str:
        """`***` where its key was deleted. Raises Unavailable."""


class VaultSecrets:
    """By the vault, whose keys lie beside the log."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def seal(self, project_id: str, value: str, *, month: str | None = None) -> Ciphertext:
        return await self._vault.encrypt(project_id, value, month=month)

    async def reveal(self, sealed: Ciphertext) -> str:
        try:
            return await self._vault.decrypt(sealed)
        except KeyGone:
            return GONE
