"""A file out of a form that was sent as multipart/form-data."""

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from runfold.gateway.http.errors import Malformed
from runfold.gateway.http.parse import problem

PARTS, HEADER = 8, 4096  #: of a form, and bytes of one header's name or value


@dataclass(frozen=True, slots=True)
class Upload:
    """One file, whole; `name` is the client's."""

    name: str
    data: bytes


@dataclass(slots=True)
class _Part:
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)


class _Form:
    """Collects the parts of a form, as the parser comes to them."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add(self.parts[-1].header, data[start:end]),
            "on_header_value": lambda data, start, end: self._add(self.parts[-1].value, data[start:end]),
            "on_header_end": self._header_ended,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(data[start:end]),
        }

    def _begin(self) -> None:
        if len(self.parts) >= PARTS:
            raise MultipartParseError(f"it has more than {PARTS} parts")
        self.parts.append(_Part())

    def _add(self, text: bytearray, data: bytes) -> None:
        text.extend(data)
        if len(text) > HEADER:
            raise MultipartParseError(f"a header of a part has more than {HEADER} bytes")

    def _header_ended(self) -> None:
        part = self.parts[-1]
        part.headers[bytes(part.header).lower()] = bytes(part.value)
        part.header.clear()
        part.value.clear()


def upload(body: bytes, content_type: str, name: str) -> Upload:
    """The file in the form's field `name`; raises Malformed."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise _malformed("send it as multipart/form-data")
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise _malformed(f"no form: {error}") from None
    for part in form.parts:
        _, told = parse_options_header(part.headers.get(b"content-disposition", b""))
        if told.get(b"name") == name.encode() and b"filename" in told:
            return Upload(told[b"filename"].decode(errors="replace"), bytes(part.data))
    raise _malformed(f"the form has no file {name}")


def _malformed(why: str) -> Malformed:
    return Malformed([problem(["body"], why)])
