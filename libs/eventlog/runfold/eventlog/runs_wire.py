"""Rows over HTTP as bodies, and in what the databases keep of generations: what several adapters know."""

from typing import Any

import msgspec

from runfold.eventlog.runs import Generations, RunPage, RunQuery, RunRow

# States are raw bytes, so a row is no JSON.
_pack = msgspec.msgpack.Encoder().encode
_row: msgspec.msgpack.Decoder[RunRow | None] = msgspec.msgpack.Decoder(RunRow | None)
_page = msgspec.msgpack.Decoder(RunPage)
_json = msgspec.json.Encoder().encode
_query = msgspec.json.Decoder(RunQuery)
_generations = msgspec.json.Decoder(Generations)


def encode_query(query: RunQuery) -> bytes:
    return _json(query)


def decode_query(body: bytes) -> RunQuery:
    """Raises msgspec.MsgspecError with the path of what is wrong, RecursionError for what is nested too deeply."""
    return _query.decode(body)


def encode_rows(rows: RunRow | RunPage | None) -> bytes:
    return _pack(rows)


def decode_row(body: bytes) -> RunRow | None:
    return _row.decode(body)


def decode_page(body: bytes) -> RunPage:
    return _page.decode(body)


def encode_generations(generations: Generations) -> bytes:
    return _json(generations)


def decode_generations(body: Any) -> Generations:
    return _generations.decode(body)
