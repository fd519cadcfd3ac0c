"""Files as dstack's clients know them."""

from runfold.gateway.dialects.dstack.models.shape import Shape


class FileArchive(Shape):
    id: str
    hash: str
