"""The JSON schemas of tools and outputs, in the form that a family of models takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic_core import from_json, to_json

from ramclouds.bridge._schema_forms import ClosedForm, open_form
from ramclouds.bridge._schema_gemini import GeminiForm
from ramclouds.bridge._schema_references import DEFINITIONS
from ramclouds.bridge._schema_tree import Rule, as_object, rebuilt, resolved
from ramclouds.bridge.wrapping import WRAPPED_UNDER

__all__ = ["Form", "Schema", "Use", "document", "prepare_schema", "with_schemas", "wrapped"]

Form = Literal["plain", "strict", "gemini"]
"""`plain`: references inlined, safe everywhere. `strict`: references kept. `gemini`: Google's."""

Use = Literal["answer", "open_answer", "tool"]
"""What a schema is for; an open output may have other properties, and lack some."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema as it is sent."""

    schema: dict[str, Any]
    strict: bool | None = None
    """Whether a provider can hold the model to it; None: the family has no such flag."""
    wrapped: str | None = None
    """The property that holds what was asked for, where the root was no object."""
    has_texts: bool = False
    """Whether an object is asked for as JSON text somewhere: the form has none of its kind."""


def prepare_schema(schema: Mapping[str, Any], form: Form, *, use: Use = "answer") -> Schema:
    """The schema in a form; what the form has no keyword for goes into its descriptions.

    The schema of an output is closed, with all properties required, where its class allows that,
    and wrapped where its root is no object. The optional arguments of a tool stay optional, and its
    root is made an object. What is returned is shared: it must not be changed.
    """
    try:
        return _cached(to_json(schema), form, use)
    except ValueError:
        # No JSON, or too deep for pydantic.
        return _prepared(schema, form, use)


@lru_cache(maxsize=512)
def _cached(text: bytes, form: Form, use: Use) -> Schema:
    # An agent sends the same schemas with each of its turns.
    return _prepared(from_json(text), form, use)


def _prepared(schema: Mapping[str, Any], form: Form, use: Use) -> Schema:
    if use != "answer":
        root = as_object(schema) if use == "tool" else schema
        return _gemini(root) if form == "gemini" else Schema(_formed(root, form, open_form))
    schema, key = wrapped(schema)
    if form == "gemini":
        return _gemini(schema, key)
    closed = ClosedForm()
    made = _formed(schema, form, closed)
    if not closed.fits:
        made = _formed(schema, form, open_form)
    return Schema(made, strict=closed.fits, wrapped=key)


def _gemini(schema: Mapping[str, Any], wrapped: str | None = None) -> Schema:
    rule = GeminiForm(schema)
    return Schema(rebuilt(schema, rule), wrapped=wrapped, has_texts=rule.has_texts)


def _formed(schema: Mapping[str, Any], form: Form, rule: Rule) -> dict[str, Any]:
    return rebuilt(schema, rule, keeps_references=form == "strict")


def wrapped(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """The schema as that of an object, and the property that then holds what was asked for.

    Providers take nothing but an object at the root, and no union of objects.
    """
    root = open_form(resolved(schema))
    if root.get("type") == "object" and "anyOf" not in root:
        return schema, None
    outer = {key: schema[key] for key in (*DEFINITIONS, "title") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in outer}
    shape = {"type": "object", "properties": {WRAPPED_UNDER: inner}, "required": [WRAPPED_UNDER]}
    return {**outer, **shape}, WRAPPED_UNDER


def with_schemas(body: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """A request's body with the schemas of its tools and of its format in a form.

    A format with `strict: true` is closed where its class allows that, and goes out with
    `strict: false` where it does not. Another is as open as it came.
    """
    ready = dict(body)
    if body.get("tools"):
        ready["tools"] = [_with_parameters(tool, form) for tool in body["tools"]]
    asked = body.get("response_format")
    if isinstance(asked, Mapping) and isinstance(asked.get("json_schema"), Mapping):
        ready["response_format"] = {
            **asked,
            "json_schema": _with_schema(asked["json_schema"], form),
        }
    return ready


def _with_parameters(tool: Mapping[str, Any], form: Form) -> Mapping[str, Any]:
    function = tool.get("function")
    if not isinstance(function, Mapping):
        return tool
    parameters = prepare_schema(function.get("parameters") or {}, form, use="tool").schema
    return {**tool, "function": {**function, "parameters": parameters}}


def _with_schema(wire: Mapping[str, Any], form: Form) -> Mapping[str, Any]:
    if "schema" not in wire:
        return wire
    ready = prepare_schema(
        wire["schema"], form, use="answer" if wire.get("strict") else "open_answer"
    )
    strict = {} if ready.strict is None else {"strict": ready.strict}
    return {**wire, "schema": ready.schema, **strict}


def document(
    schema: dict[str, Any], documented: Mapping[str, Any], definitions: Mapping[str, Any]
) -> None:
    """Take over descriptions and defaults from another form of the same schema.

    LangChain alone reads them in `Annotated[int, 0, "what it is"]`, and pydantic alone reads None.
    """
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "items" in schema and "items" in documented:
        document(schema["items"], documented["items"], definitions)
    for option in schema.get("anyOf", ()):
        document(option, documented, definitions)
    for name, about in documented.get("properties", {}).items():
        if name in schema.get("properties", {}):
            mine = schema["properties"][name]
            mine.pop("title", None)
            mine |= {key: about[key] for key in ("description",) if key in about}
            document(mine, about, definitions)
    if "required" in schema and "properties" in documented:
        without_default = documented.get("required", ())
        schema["required"] = [name for name in schema["required"] if name in without_default]
