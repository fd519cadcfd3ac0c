"""The OpenAPI document as one HTML page: no script, no font, no image, nothing from another host."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886 }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem }
summary { cursor: pointer } summary code { font-weight: 600 }
.method { display: inline-block; min-width: 3.5rem; font: 600 .8rem ui-monospace, monospace; color: #06c }
.what { opacity: .75; margin-left: .6rem }
pre { overflow-x: auto; background: #8881; padding: .8rem; border-radius: .3rem; font-size: .85rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top }
"""
_INTRODUCTION = """
<p>Every request but those of the documents and the health check carries <code>Authorization: Bearer TOKEN</code>.
A write may carry an <code>Idempotency-Key</code>. The same as a document for programs:
<a href="openapi.json">openapi.json</a>.</p>
"""


def page(document: dict[str, Any]) -> str:
    title = escape(document["info"]["title"])
    body = "".join(_sections(document))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} API</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><h1>{title} API</h1>{_INTRODUCTION}{body}</html>\n"
    )


def _sections(document: dict[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    for tag, operations in by_tag.items():
        yield f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(operations)}'
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        shown = escape(json.dumps(schema, indent=1))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{shown}</pre></details>'


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(_rows(operation))
    return (
        f'<details><summary><span class="method">{method.upper()}</span><code>{escape(path)}</code>'
        f'<span class="what">{escape(operation["summary"])}</span></summary><table>{rows}</table></details>'
    )


def _rows(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation["parameters"]:
        where = f"{parameter['in']}: {parameter['name']}"
        told = parameter.get("description") or parameter["schema"].get("description", "")
        yield f"<tr><th>{escape(where)}<td>{escape(told)}"
    if "requestBody" in operation:
        yield f"<tr><th>body<td>{_content(operation['requestBody']['content'])}"
    for status, answer in operation["responses"].items():
        shown = _content(answer["content"]) if "content" in answer else ""
        yield f"<tr><th>{status}<td>{escape(answer['description'])} {shown}"


def _content(content: dict[str, Any]) -> str:
    return ", ".join(f"{escape(media)}: {_schema(item['schema'])}" for media, item in content.items())


def _schema(schema: dict[str, Any]) -> str:
    """A link where it has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if schema.get("type") == "array":
        return f"list of {_schema(schema['items'])}"
    if "anyOf" in schema:
        return " or ".join(_schema(each) for each in schema["anyOf"])
    return f"<code>{escape(str(schema.get('type', 'anything')))}</code>"
