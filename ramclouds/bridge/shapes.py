"""The shapes that completions must have, from classes and JSON schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.errors import PydanticUserError

from ramclouds.bridge.schemas import wrapped
from ramclouds.bridge.settings import fields_by_name
from ramclouds.bridge.structured import Shape
from ramclouds.bridge.wrapping import validator_of

__all__ = ["class_shape", "schema_shape"]

M = TypeVar("M", bound=BaseModel)


def class_shape(kind: type[M], name: str | None = None) -> Shape[M]:
    """The shape of a pydantic class."""
    is_root = issubclass(kind, RootModel)
    is_open = is_root or kind.model_config.get("extra") == "allow"
    return Shape(
        name=name or kind.__name__,
        fit=lambda value: _checked(kind, value),
        keys=None if is_open else frozenset(fields_by_name(kind)),
        is_object=not is_root or _is_object(kind),
    )


def _is_object(kind: type[BaseModel]) -> bool:
    try:
        return wrapped(kind.model_json_schema())[1] is None
    except PydanticUserError:
        return False


def _checked(kind: type[M], value: Any) -> M:
    # As JSON, not as Python's values: a strict class takes no date or set otherwise.
    try:
        made = kind.model_validate_json(json.dumps(value))
    except ValidationError as error:
        if error.errors()[0]["type"] != "json_invalid":  # a half of a surrogate pair, deep nesting
            raise
        made = kind.model_validate(value)
    is_foreign = isinstance(value, dict) and value and not made.model_fields_set
    if is_foreign and not made.model_extra and not issubclass(kind, RootModel):
        raise _foreign(value, kind.__name__)
    return made


def _foreign(value: Mapping[str, Any], name: str) -> ValueError:
    return ValueError(f"none of {', '.join(map(repr, value))} is a field of {name}")


def schema_shape(schema: Mapping[str, Any], name: str) -> Shape[Any]:
    """The shape of a JSON schema: the value as it came, checked against all of the schema."""
    # Imported here: it takes tens of milliseconds, and most processes never need it.
    from jsonschema.exceptions import best_match

    validator = validator_of(schema)
    properties = schema.get("properties") or {}
    is_open = schema.get("additionalProperties") not in (None, False) or not properties
    keys = None if is_open else frozenset(properties)

    def fit(value: Any) -> Any:
        error = best_match(validator.iter_errors(value))
        if error is not None:
            raise error
        if keys and isinstance(value, dict) and value and not keys & value.keys():
            raise _foreign(value, name)
        return value

    return Shape(
        name=name,
        fit=fit,
        keys=keys,
        is_object=wrapped(schema)[1] is None,
    )
