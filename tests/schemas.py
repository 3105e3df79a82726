"""As much of JSON Schema as the OpenAPI document needs for answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def schema_faults(document: Any, schema: Any, value: Any, path: str) -> Iterator[str]:
    """Where a value is not as its schema says, in words."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if all(any(schema_faults(document, each, value, path)) for each in schema["anyOf"]):
            yield f"{path}: {value!r:.200} is none of {schema['anyOf']}"
        return
    kinds = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
        "object": dict,
        "array": list,
    }
    kind = schema.get("type")
    if kind is not None and not (isinstance(value, kinds[kind]) and isinstance(value, bool) <= (kind == "boolean")):
        yield f"{path}: {value!r:.200} is no {kind}"
        return
    if value not in schema.get("enum", [value]) or schema.get("const", value) != value:
        yield f"{path}: {value!r:.200} is not allowed"
    if kind == "object" and "properties" in schema:
        known = schema["properties"]
        missing, extra = set(schema.get("required", ())) - value.keys(), value.keys() - known.keys()
        if missing or extra:
            yield f"{path} lacks {missing}, and has {extra}"
        for name in value.keys() & known.keys():
            yield from schema_faults(document, known[name], value[name], f"{path}.{name}")
    if kind == "array":
        for i, item in enumerate(value):
            yield from schema_faults(document, schema.get("items", {}), item, f"{path}[{i}]")
