"""The value that was asked for, read from what a model wrote, and from nothing inside of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ramclouds._json.parsing import loaded
from ramclouds._json.repair import repaired
from ramclouds.bridge.json_text import json_values, outside_thoughts, unfenced
from ramclouds.bridge.outcome import Outcome, shown
from ramclouds.bridge.wrapping import forms, with_decoded

__all__ = ["Shape", "UnfitError", "Written", "begun_value", "read_value", "text_of_value"]

T = TypeVar("T")
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """What was asked for."""

    name: str
    fit: Callable[[Any], T]
    """The value in its type; raises anything where it does not fit."""
    keys: frozenset[str] | None = None
    """The names of its fields; None: it may have any."""
    is_object: bool = True
    """False for lists, numbers and unions, which are asked for inside of an object."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote."""

    text: str = ""
    arguments: Sequence[str] = ()
    """Arguments of the calls that may hold the value, as JSON text."""
    invalid: Sequence[str] = ()
    """Arguments of the invalid calls."""
    outcome: Outcome = field(default_factory=Outcome)


class UnfitError(ValueError):
    """What a model wrote holds no such value; the message says why, and what to do."""


def read_value(written: Written, shape: Shape[T], *, asked_by: str | None) -> T:
    """The value that was asked for.

    `asked_by` is the request's field that asked for it; None: the prompt alone.

    Raises:
        UnfitError: there is none, or more than one.
    """
    reasons: list[Exception] = []
    for value in _of_calls(written):
        for _, fitting in _fitting(value, shape, reasons):
            return fitting
    values, is_broken = _in_text(written)
    found = [next(_fitting(value, shape, reasons), None) for value in values]
    fits = [fit for fit in found if fit is not None]
    # An example, a draft, and then the object: nothing shows which is which.
    is_one = all(fit[0] == fits[0][0] for fit in fits)
    if fits and is_one and not is_broken:
        return fits[-1][1]
    why = _why(written, asked_by, reasons, is_one=is_one, is_broken=is_broken)
    written_text = written.text or "".join([*written.arguments, *written.invalid])
    raise UnfitError(
        f"The completion holds no {shape.name}, but {shown(written_text)}. {why}"
    ) from (reasons[0] if reasons else None)


def begun_value(begun: dict[str, Any] | None, shape: Shape[Any]) -> Any:
    """The value as far as it has arrived, unwrapped; None where nothing of it has."""
    if not begun:
        return None
    label = begun.get("name")
    if len(begun) == 1 and isinstance(label, str) and shape.name.startswith(label):
        return None  # it may become {"name": ..., "parameters": ...}
    inner = next(forms(begun, shape.name, shape.keys, is_object=shape.is_object))
    if isinstance(inner, dict) and shape.keys and not shape.keys & inner.keys():
        return None
    return inner


def text_of_value(text: str, shape: Shape[Any]) -> str:
    """The JSON text of the value, without what stands around it; all of the text without one."""
    reasons: list[Exception] = []
    values, is_broken = _in_text(Written(text))
    found = [next(_fitting(value, shape, reasons), None) for value in values]
    fits = [fit[0] for fit in found if fit is not None]
    if not fits or is_broken or any(fit != fits[0] for fit in fits):
        return text
    for value in json_values(text):
        if value.is_whole and value.value == fits[0]:
            return value.text
    return json.dumps(fits[0], ensure_ascii=False)


def _of_calls(written: Written) -> Iterator[Any]:
    # A call that was cut off is invalid too, whatever its arguments look like.
    invalid = () if written.outcome.stopped else written.invalid
    values = (loaded(text or "{}", _NOTHING) for text in (*written.arguments, *invalid))
    return (value for value in values if value is not _NOTHING)


def _in_text(written: Written) -> tuple[list[Any], bool]:
    """The outermost values of a text; and whether it ends in one that is broken or cut off."""
    text = outside_thoughts(written.text)
    stripped = unfenced(text)
    if stripped[:1] not in ("{", "["):
        value = loaded(stripped, _NOTHING)
        if value is not _NOTHING:
            return [value], False
    values: list[Any] = []
    is_broken = False
    end = 0
    for found in json_values(text):
        value, end = found.value, found.end
        if not found.is_whole and found.is_closed:
            value = repaired(found.text)
        is_broken = not (found.is_whole or value)
        if not is_broken:
            values.append(value)
    if written.outcome.is_cut_off and (is_broken or text[end:].strip(" \n`")):
        return [], True
    return [value for value in values if value] or values, is_broken


def _fitting(value: Any, shape: Shape[T], reasons: list[Exception]) -> Iterator[tuple[Any, T]]:
    """Each form of a value that fits, and what it is in its type."""
    for form in forms(value, shape.name, shape.keys, is_object=shape.is_object):
        candidate = form
        for _ in range(3):
            try:
                yield candidate, shape.fit(candidate)
                break
            except Exception as error:  # noqa: BLE001 - the user's validators may raise anything
                reasons.append(_not_an_object(candidate, shape) or error)
                decoded = with_decoded(candidate, error)
                if decoded is None:
                    break
                candidate = decoded


def _not_an_object(value: Any, shape: Shape[Any]) -> Exception | None:
    if isinstance(value, dict) or not shape.is_object:
        return None
    return ValueError(f"It is a JSON {type(value).__name__}, not an object")


def _why(
    written: Written,
    asked_by: str | None,
    reasons: Sequence[Exception],
    *,
    is_one: bool,
    is_broken: bool,
) -> str:
    outcome = written.outcome
    if (stopped := outcome.stopped) is not None:
        return stopped
    if is_broken:
        return "It is not valid JSON. Ask again, or use another model."
    if not is_one:
        return "It holds several that fit and differ. Ask for one alone."
    if reasons:
        # Pydantic writes several lines.
        return f"{' '.join(_reason(reasons[0]).split())}. {outcome.without_fit()}"
    if written.arguments or written.invalid:
        return "The call's arguments are not the JSON that was asked for. Ask again."
    return f"It is text without JSON. {outcome.without_json(asked_by)}"


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return str(error)
    if (path := getattr(error, "json_path", None)) is not None:  # jsonschema's
        return f"{path}: {getattr(error, 'message', error)}"
    return f"Its validator raised {error!r}"
