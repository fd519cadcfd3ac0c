"""The bodies of calls about files."""

from typing import Annotated

from annotated_types import MaxLen

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical


class GetFileArchiveByHashRequest(Canonical):
    hash: Annotated[str, MaxLen(128)]


class UploadCodeQuery(Canonical):
    repo_id: str
