"""What models wrap a value in: a call, a list of one, a key, JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from ramclouds._json.parsing import loaded

__all__ = [
    "LABELS",
    "WRAPPED_UNDER",
    "decoded_by",
    "forms",
    "unwrapped",
    "validator_of",
    "with_decoded",
]

WRAPPED_UNDER = "value"
"""The key under which a value that is no object is asked for."""

LABELS = frozenset({"name", "type", "id", "function", "tool", "tool_name", "action"})
"""What a call says beside its arguments."""
_ARGUMENTS = (
    *("parameters", "arguments", "args", "input", "tool_input", "action_input"),
    *("function", WRAPPED_UNDER),
)
_NOTHING = object()


def forms(
    value: Any, name: str, keys: Set[str] | None, *, is_object: bool, depth: int = 4
) -> Iterator[Any]:
    """A value and what it may be a wrapping of, the likeliest first.

    As it is it comes first where all its keys are fields of the class, and not at all where it is a
    call: `{"name": "Person", "parameters": {...}}` would fit a class with an optional `name`.
    """
    inner = _inner(value, keys, is_object=is_object) if depth else _NOTHING
    if inner is _NOTHING:
        yield value
        return
    is_own = isinstance(value, dict) and is_object and (keys is None or value.keys() <= keys)
    if keys is None and isinstance(value, dict) and value.get("name") == name:
        is_own = False
    if is_own:
        yield value
    yield from forms(inner, name, keys, is_object=is_object, depth=depth - 1)
    if not (is_own or _is_call(value)):
        yield value


def _inner(value: Any, keys: Set[str] | None, *, is_object: bool) -> Any:
    if isinstance(value, str):
        return _decoded(value)
    if isinstance(value, list):
        return value[0] if len(value) == 1 and is_object else _NOTHING
    if not isinstance(value, dict):
        return _NOTHING
    if _is_call(value):
        return next(value[key] for key in _ARGUMENTS if _may_be_object(value.get(key)))
    if len(value) != 1:
        return _NOTHING
    [(key, only)] = value.items()
    if not is_object:
        return only if key == WRAPPED_UNDER else _NOTHING
    # {"Person": {...}}, {"result": "{...}"}
    is_foreign = keys is not None and key not in keys
    return only if is_foreign and (_may_be_object(only) or isinstance(only, list)) else _NOTHING


def _is_call(value: Any) -> bool:
    """Whether a value is a call with its arguments, and nothing else."""
    if not isinstance(value, dict) or not LABELS & value.keys():
        return False
    found = {key for key in _ARGUMENTS if _may_be_object(value.get(key))}
    return len(found) == 1 and value.keys() - found <= LABELS


def unwrapped(value: Any, names: Set[str], keys: Set[str]) -> Any:
    """Arguments of the tool with these names, out of the call or the key that is around them.

    What a tool may take as it is stays so: `{"name": ..., "arguments": ...}` of a tool that calls
    others.
    """
    for _ in range(3):
        inner = _around(value, names, keys)
        if not isinstance(inner, dict):
            break
        value = inner
    return value


def _around(value: Any, names: Set[str], keys: Set[str]) -> Any:
    """The object inside of a wrapping; None where there is none."""
    if not isinstance(value, dict):
        return None
    foreign = [key for key in value if key not in keys and _may_be_object(value[key])]
    if len(foreign) != 1:
        return None
    inner = value[foreign[0]]
    inner = _decoded(inner) if isinstance(inner, str) else inner
    if not isinstance(inner, dict):
        return None
    if _is_call(value):
        labels = {value[key] for key in LABELS & value.keys() if isinstance(value[key], str)}
        return inner if labels & names or _is_call(inner) else None
    return inner if len(value) == 1 and inner.keys() & keys else None


def _may_be_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] == "{")


def _decoded(text: str) -> Any:
    return loaded(text, _NOTHING) if text.lstrip()[:1] in ("{", "[", '"') else _NOTHING


def with_decoded(value: Any, error: Exception) -> Any:
    """The value with the JSON texts in it as values, where an error says that they do not fit.

    None where there is none: `errors()` is pydantic's, `absolute_path` is jsonschema's.
    """
    changed = False
    for path in _paths(error):
        decoded = _at(value, path)
        if decoded is not None:
            value, changed = decoded, True
    return value if changed else None


def decoded_by(schema: Mapping[str, Any], value: Any) -> Any:
    """The value with values for the JSON texts where a schema takes no text."""
    for error in list(validator_of(schema).iter_errors(value)):
        decoded = with_decoded(value, error)
        value = value if decoded is None else decoded
    return value


def validator_of(schema: Mapping[str, Any]) -> Any:
    """What holds values to all of a schema."""
    # Imported here: it takes tens of milliseconds, and most processes never need it.
    from jsonschema.validators import Draft202012Validator, validator_for

    return validator_for(schema, default=Draft202012Validator)(schema)


def _paths(error: Exception) -> list[Sequence[Any]]:
    if callable(found := getattr(error, "errors", None)):
        return [problem["loc"] for problem in found()]
    path = getattr(error, "absolute_path", None)
    return [] if path is None else [tuple(path)]


def _at(value: Any, path: Sequence[Any]) -> Any:
    """A copy of the value in which the string at a path, or before its end, is decoded."""
    if isinstance(value, str):
        decoded = _decoded(value)
        return None if decoded is _NOTHING else decoded
    if not path:
        return None
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and key in value:
        inner = _at(value[key], rest)
        return None if inner is None else {**value, key: inner}
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        inner = _at(value[key], rest)
        return None if inner is None else [*value[:key], inner, *value[key + 1 :]]
    return _at(value, rest)  # the name of a union's member
