"""Objects that fit a JSON schema, made from the words of a text: the scripted model's invention."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|“([^”]+)”")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_NAMES = re.compile(r"(?<=[\w,] )[A-Z][\w'-]*(?: [A-Z][\w'-]*)*(?:, [A-Z]{2}\b)?")


def make(schema: Schema, text: str = "") -> Any:
    """A value that is valid for the schema; the same for the same text."""
    return _Maker(schema, text).value(schema, "value")


def embedded_schema(text: str) -> Schema | None:
    """The last JSON schema of an object that is written out in a text, or None."""
    found = None
    for place in (match.start() for match in re.finditer(r"\{", text)):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, place)
        except ValueError:
            continue
        is_schema = isinstance(value, dict) and isinstance(value.get("properties"), dict)
        if is_schema and (found is None or not _is_within(value, found)):
            found = value
    return found


def _is_within(inner: Schema, outer: Schema) -> bool:
    return json.dumps(inner) in json.dumps(outer)


class _Maker:
    def __init__(self, root: Schema, text: str) -> None:
        self._root = root
        self._text = text
        self._strings = _strings(text)
        self._numbers = (match.group() for match in _NUMBER.finditer(text))
        self._depth = 0

    def value(self, schema: Schema, name: str) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"])
        kind = schema.get("type") or ("object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next(one for one in kind if one != "null")
        return getattr(self, f"_{kind}")(schema, name)

    def _resolved(self, schema: Schema) -> Schema:
        """Follows references and takes the first alternative that is not null."""
        while True:
            if "$ref" in schema:
                found: Any = self._root
                for step in schema["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
                schema = found
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                schema = next(one for one in options if one.get("type") != "null")
            elif parts := schema.get("allOf"):
                schema = {key: value for part in parts for key, value in part.items()}
            else:
                return schema

    def _one_of(self, values: list[Any]) -> Any:
        text = self._text.lower()
        named = (value for value in values if str(value).lower() in text)
        return next(named, values[0])

    def _object(self, schema: Schema, name: str) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        self._depth += 1
        # Optional ones are filled on the first levels only: a schema may contain itself.
        wanted = properties if self._depth < 3 else {key: properties[key] for key in required}
        made = {key: self.value(inner, key) for key, inner in wanted.items()}
        self._depth -= 1
        return made

    def _array(self, schema: Schema, name: str) -> list[Any]:
        count = int(schema.get("minItems", 1 if self._depth < 4 else 0))
        return [self.value(schema.get("items", {}), name) for _ in range(count)]

    def _string(self, schema: Schema, name: str) -> str:
        made = next(self._strings, None) or f"some {name.replace('_', ' ')}"
        made = made.ljust(int(schema.get("minLength", 0)), ".")
        return made[: schema.get("maxLength")]

    def _integer(self, schema: Schema, name: str) -> int:
        return int(self._number(schema, name))

    def _number(self, schema: Schema, name: str) -> float:
        value: float = float(next(self._numbers, "1"))
        if "exclusiveMinimum" in schema:
            value = max(value, schema["exclusiveMinimum"] + 1)
        if "exclusiveMaximum" in schema:
            value = min(value, schema["exclusiveMaximum"] - 1)
        value = max(value, schema.get("minimum", value))
        return float(min(value, schema.get("maximum", value)))

    def _boolean(self, schema: Schema, name: str) -> bool:
        return True

    def _null(self, schema: Schema, name: str) -> None:
        return None


def _strings(text: str) -> Iterator[str]:
    """What a model would take for an argument: quoted text, else names in capitals."""
    quoted = ["".join(groups) for groups in _QUOTED.findall(text)]
    return iter(quoted or _NAMES.findall(text))
