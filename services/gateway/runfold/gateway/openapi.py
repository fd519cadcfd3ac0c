"""The OpenAPI 3.1 document, generated from the routes; `python -m runfold.gateway.openapi` prints it."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Literal, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from runfold.gateway.dialects import Dialect, owner
from runfold.gateway.http.call import JSON
from runfold.gateway.http.routes import Route

VERSION = "0.1.0"
Mode = Literal["validation", "serialization"]
References = dict[tuple[Any, Mode], dict[str, Any]]

_REFERENCE = "#/components/schemas/{model}"
_FORM = "multipart/form-data"
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Repeating the request with the same key and body gives the same answer, for 24 hours.",
}
_REFUSALS = {
    400: "It can't be done",
    401: "No token",
    403: "A token that nobody has, or one without the permission",
    404: "What the path names isn't there",
    408: "The body did not arrive in time",
    413: "The body is larger than RUNFOLD_BODY_LIMIT, or what it asks for than the log takes",
    422: "The request has the wrong shape",
    503: "Not now; repeat after Retry-After seconds",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}}


def document(routes: Iterable[Route], dialect: str | None = None) -> dict[str, Any]:
    """Of one dialect, or of all."""
    chosen = [route for route in routes if dialect in (None, owner(route.path).name)]
    references, definitions = _schemas(chosen)
    paths: dict[str, Any] = {}
    for route in chosen:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runfold",
            "version": VERSION,
            "description": "Runs containers and processes on fleets of machines.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {**definitions, **_refusal_schemas(chosen)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, references: References) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": re.sub(r"[^a-z0-9]+", "_", f"{route.method} {route.path}".lower()).strip("_"),
        "tags": [owner(route.path).name],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route),
            *([_KEY] if route.writes else []),
        ],
        "responses": {"200": _answers(route, references), **_refusals(route)},
        "security": [] if route.open else [{"bearer": []}],
    }
    if route.takes is not None:
        operation["requestBody"] = {
            "required": not route.optional,
            "content": {JSON: {"schema": references[route.takes, "validation"]}},
        }
    if route.upload:
        operation["requestBody"] = {"required": True, "content": {_FORM: {"schema": _form(route.upload)}}}
    return operation


def _form(field: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field: {"type": "string", "format": "binary"}},
        "required": [field],
    }


def _answers(route: Route, references: References) -> dict[str, Any]:
    schema = _schema(route.answers, references) if route.media == JSON else {"type": "string"}
    content = {route.media: {"schema": schema}}
    if route.streams is not None:
        content[route.streams] = {"schema": {"type": "string"}}
    return {"description": "Done", "content": content}


def _schema(answers: Any, references: References) -> dict[str, Any]:
    """None is null; text, models, lists of them and unions of either; a dict is any object."""
    if answers is None:
        return {"type": "null"}
    if answers is str:
        return {"type": "string"}
    if isinstance(answers, type) and issubclass(answers, BaseModel):
        return references[answers, "serialization"]
    if get_origin(answers) is dict:
        return {"type": "object"}
    inner = [_schema(argument, references) for argument in get_args(answers)]
    if get_origin(answers) is list:
        return {"type": "array", "items": inner[0]}
    return {"anyOf": inner} if inner else {"type": "object"}


def _refusals(route: Route) -> dict[str, Any]:
    dialect = owner(route.path)
    return {
        str(status): {
            "description": _REFUSALS[status],
            **({"headers": _RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}),
            "content": {
                dialect.media: {"schema": {"$ref": _REFERENCE.format(model=_refusal(dialect, status))}}
            },
        }
        for status in sorted(_refused(route))
    }


def _refusal_schemas(routes: list[Route]) -> dict[str, Any]:
    """By name, so that a generated client has one class for a refusal, whichever operation it is of."""
    refused = [(owner(route.path), status) for route in routes for status in sorted(_refused(route))]
    return {_refusal(dialect, status): dialect.refusals(status) for dialect, status in refused}


def _refusal(dialect: Dialect, status: int) -> str:
    return f"{dialect.name.title()}Refusal{status}"


def _refused(route: Route) -> set[int]:
    """With which statuses a call may be refused."""
    statuses = {503, *route.refuses}
    if not route.open:
        statuses |= {400, 401, 403}
    if "{" in route.path:
        statuses.add(404)
    if route.takes is not None:
        statuses |= {408, 413}
    if route.upload:
        statuses.add(408)
    if route.takes is not None or route.query is not None or route.writes:
        statuses.add(422)
    return statuses


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=_REFERENCE)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": described}
        for name, described in schema["properties"].items()
    ]


def _schemas(routes: list[Route]) -> tuple[References, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {}
    for route in routes:
        if route.takes is not None:
            wanted[route.takes, "validation"] = None
        wanted.update(dict.fromkeys((model, "serialization") for model in _models(route.answers)))
    references, schema = models_json_schema(
        list(wanted), ref_template=_REFERENCE, schema_generator=_GenerateSchemas
    )
    return references, {name: _named(name, model) for name, model in schema.get("$defs", {}).items()}


class _GenerateSchemas(GenerateJsonSchema):
    """A single value is an enum of one: generators of clients take a const beside other types for all there is."""

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        made = super().literal_schema(schema)
        return {"enum": [made["const"]], "type": made["type"]} if "const" in made else made


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    # Generators of clients name a class by its title, and a model that is taken and answered has two schemas.
    return {**schema, "title": name.replace("-", "")}


def _models(answers: Any) -> list[type[BaseModel]]:
    if isinstance(answers, type) and issubclass(answers, BaseModel):
        return [answers]
    return [model for argument in get_args(answers) for model in _models(argument)]


def main() -> None:
    from runfold.gateway.dialects.table import ROUTES

    text = msgspec.json.format(msgspec.json.encode(document(ROUTES)), indent=2)
    print(text.decode())


if __name__ == "__main__":
    main()
