"""Errors about wrong settings: the client's and pydantic's at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from ramclouds.errors import ConfigurationError, RamCloudsError


def setting_error(error: ValidationError, kind: type[ConfigurationError]) -> ConfigurationError:
    """An error about wrong settings in the client's words; it is pydantic's error as well."""
    by_setting: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for found in error.errors(include_url=False, include_input=False):
        by_setting.setdefault(found["loc"][:1], []).append(found)
    problems = [(loc, _as_text(found, error.title)) for loc, found in by_setting.items()]
    message = " ".join(words for _, words in problems)
    both = _with_pydantic(kind)
    if both is kind:
        return kind(message)
    # Without what was given: that may be the key.
    lines = [
        {"type": "value_error", "loc": loc, "input": None, "ctx": {"error": ValueError(words)}}
        for loc, words in problems
    ]
    made: Any = both
    made = made.from_exception_data(error.title, lines, "python", hide_input=True)
    RamCloudsError.__init__(made, message)
    return cast(ConfigurationError, made)


def _as_text(found: Sequence[Mapping[str, Any]], model: str) -> str:
    """What is wrong with one setting; a union has an error for each of its types."""
    first = found[0]
    name = ".".join(map(str, first["loc"] if len(found) == 1 else first["loc"][:1]))
    if ours := first.get("ctx", {}).get("error"):
        return str(ours) or _without_reason(name, model, ours)
    if first["type"] == "missing":
        return f"{name} is missing. Pass {name}=..."
    return (
        f"{name or model} is wrong: {'. Or: '.join(dict.fromkeys(each['msg'] for each in found))}."
    )


def _without_reason(name: str, model: str, error: BaseException) -> str:
    """What says where a user's validator refused a setting, such as by a bare `assert`."""
    raised = error.__traceback__
    validator = (
        "A validator" if raised is None else f"The validator {raised.tb_frame.f_code.co_name}"
    )
    refused = name or "the settings"
    return f"{validator} of {model} refused {refused} without a reason. Look at what it checks."


def _with_pydantic(kind: type[ConfigurationError]) -> type[ConfigurationError]:
    """The class of errors that are pydantic's too; the class itself before pydantic 2.10.

    https://github.com/pydantic/pydantic-core/pull/1413 allowed subclasses.
    """
    try:
        return type(kind.__name__, (_Both, kind, ValidationError), {"__module__": kind.__module__})
    except TypeError:
        return kind


class _Both:
    """The methods that differ in an error that is pydantic's too."""

    __slots__ = ()

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing: pydantic builds the error, and has no message for it."""

    def __str__(self) -> str:
        return cast(RamCloudsError, self).message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> Any:
        # Pydantic's own does not keep what makes it ours.
        return type(self).__mro__[2], (str(self),)
