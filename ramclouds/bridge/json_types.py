"""A JSON schema as a type that pydantic checks values against, strictly.

`not`, `if`, `patternProperties` and `format` are not checked: no framework writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Annotated, Any, Union

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    with_config,
)
from typing_extensions import NotRequired, TypedDict

__all__ = ["checker"]

_STRICT = ConfigDict(strict=True)
_OPEN = ConfigDict(strict=True, extra="allow")
_CLOSED = ConfigDict(strict=True, extra="forbid")
_LIMITS = {
    "string": {"minLength": "min_length", "maxLength": "max_length"},
    "array": {"minItems": "min_length", "maxItems": "max_length"},
    "number": {
        "minimum": "ge",
        "maximum": "le",
        "exclusiveMinimum": "gt",
        "exclusiveMaximum": "lt",
        "multipleOf": "multiple_of",
    },
}
_LIMITS["integer"] = _LIMITS["number"]


def checker(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    """What raises a ValidationError for a value that the schema does not allow."""
    types = _Types(schema)
    return TypeAdapter(types.of(schema), config=_config_of(schema)).validate_python


def _config_of(schema: Mapping[str, Any]) -> ConfigDict | None:
    """The configuration of a type, which one with properties brings itself."""
    return None if schema.get("properties") else _STRICT


class _Types:
    """The types of one schema and of all that it refers to."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._checkers: dict[str, Callable[[Any], Any]] = {}

    def of(self, schema: Any) -> Any:
        """The type of a schema; Any where it allows everything."""
        if not isinstance(schema, Mapping):
            return Any
        found = [self._plain(schema), *self._combined(schema)]
        checks = [AfterValidator(_check(TypeAdapter(kind, config=_STRICT))) for kind in found[1:]]
        return reduce(lambda kind, check: Annotated[kind, check], checks, found[0])

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        if "const" in schema or "enum" in schema:
            return _one_of(schema["enum"] if "enum" in schema else [schema["const"]])
        if "$ref" in schema:
            return self._referred(schema["$ref"])
        named = schema.get("type") or ("object" if "properties" in schema else None)
        kinds = [
            self._typed(kind, schema)
            for kind in ([named] if isinstance(named, str) else named or ())
        ]
        return Union[tuple(kinds)] if kinds else Any  # noqa: UP007 - made at run time

    def _combined(self, schema: Mapping[str, Any]) -> list[Any]:
        found = [self.of(part) for part in schema.get("allOf") or ()]
        for key in ("anyOf", "oneOf"):
            if choices := schema.get(key):
                found.append(Union[tuple(self.of(choice) for choice in choices)])  # noqa: UP007
        return found

    def _referred(self, reference: str) -> Any:
        # Made when a value comes to it: a class may hold itself.
        def check(value: Any) -> Any:
            if reference not in self._checkers:
                schema = self._at(reference)
                adapter = TypeAdapter(self.of(schema), config=_config_of(schema))
                self._checkers[reference] = adapter.validate_python
            return self._checkers[reference](value)

        return Annotated[Any, PlainValidator(check)]

    def _at(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        for part in reference.removeprefix("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _typed(self, kind: str, schema: Mapping[str, Any]) -> Any:
        if kind == "object":
            return self._object(schema)
        limits = {
            ours: schema[theirs]
            for theirs, ours in _LIMITS.get(kind, {}).items()
            if isinstance(schema.get(theirs), (int, float))
        }
        return (
            Annotated[self._bare(kind, schema), Field(**limits)]
            if limits
            else self._bare(kind, schema)
        )

    def _bare(self, kind: str, schema: Mapping[str, Any]) -> Any:
        if kind == "array":
            return self._array(schema)
        if kind == "string" and "pattern" in schema:
            return Annotated[str, AfterValidator(_matching(schema["pattern"]))]
        return _SIMPLE.get(kind, Any)

    def _array(self, schema: Mapping[str, Any]) -> Any:
        prefix = schema.get("prefixItems")
        if prefix and not schema.get("items"):
            return Annotated[list[Any], AfterValidator(_each([self.of(item) for item in prefix]))]
        return list[self.of(schema.get("items"))]  # type: ignore[misc]  # made at run time

    def _object(self, schema: Mapping[str, Any]) -> Any:
        rest = schema.get("additionalProperties")
        properties = schema.get("properties") or {}
        required = schema.get("required") or ()
        if not properties and not required and rest is not False:
            return dict[str, self.of(rest)]  # type: ignore[misc]  # made at run time
        fields = {
            name: self.of(part) if name in required else NotRequired[self.of(part)]
            for name, part in (dict.fromkeys(required, True) | dict(properties)).items()
        }
        made = TypedDict("object", fields)  # type: ignore[misc]  # made at run time
        return with_config(_CLOSED if rest is False else _OPEN)(made)


def _integer(value: Any) -> Any:
    # 5.0 is an integer to JSON Schema.
    return int(value) if isinstance(value, float) and value.is_integer() else value


_SIMPLE: dict[str, Any] = {
    "string": str,
    "integer": Annotated[int, BeforeValidator(_integer)],
    "number": float,
    "boolean": bool,
    "null": None,
}


def _one_of(values: Sequence[Any]) -> Any:
    def check(value: Any) -> Any:
        # 1 and True are equal, and not the same.
        if not any(
            value == one and isinstance(value, bool) == isinstance(one, bool) for one in values
        ):
            raise ValueError(f"it is not one of {', '.join(map(repr, values))}")
        return value

    return Annotated[Any, PlainValidator(check)]


def _check(adapter: TypeAdapter[Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        adapter.validate_python(value)
        return value

    return check


def _each(kinds: Sequence[Any]) -> Callable[[list[Any]], list[Any]]:
    checks = [TypeAdapter(kind, config=_STRICT).validate_python for kind in kinds]

    def check(values: list[Any]) -> list[Any]:
        for one, value in zip(checks, values, strict=False):
            one(value)
        return values

    return check


def _matching(pattern: str) -> Callable[[str], str]:
    try:
        expression = re.compile(pattern)
    except re.error:  # of another dialect, such as \\p{L}
        expression = re.compile("")

    def check(value: str) -> str:
        if expression.search(value) is None:
            raise ValueError(f"it does not match {pattern!r}")
        return value

    return check
