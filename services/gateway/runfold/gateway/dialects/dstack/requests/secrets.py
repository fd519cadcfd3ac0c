"""The bodies of calls about secrets."""

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical


class GetSecretRequest(Canonical):
    name: str


class CreateOrUpdateSecretRequest(Canonical):
    name: str
    value: str


class DeleteSecretsRequest(Canonical):
    secrets_names: list[str]
