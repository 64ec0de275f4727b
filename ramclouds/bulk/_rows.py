"""Rows: values as requests, each with a name and a key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from json import JSONEncoder, encoder
from typing import Any, NamedTuple

from pydantic_core import to_jsonable_python

from ramclouds.bulk._needs import Need
from ramclouds.bulk._sources import MAPPINGS, BadRowError, Numbered


class Row(NamedTuple):
    """One row that can be asked."""

    custom_id: str
    input: Any
    """The body of its request; with `invoke=` what that is called with."""
    key: str
    """Hash of its name and of all that is sent for it."""
    place: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What rows are read as: chat requests, texts to embed, or values for `invoke`."""

    to_own: Callable[[Any], Any]
    """A value as what stands in the row alone.

    It raises a ValueError, whose message goes on from "Line 3".
    """
    to_input: Callable[[Any], Any]
    """That with the settings of the run."""
    check: Callable[[Any], object]
    """Raises a ConfigurationError where an input cannot be asked."""
    need: Need


def rows_of(values: Numbered, kind: Kind) -> Iterator[Row | BadRowError]:
    """Values as rows, and errors in the place of those that are none."""
    names: set[str] = set()
    counts: dict[str, int] = defaultdict(int)
    for place, value in values:
        if isinstance(value, BadRowError):
            yield value
            continue
        try:
            row = _row(place, value, kind, counts)
            if row.custom_id in names:
                raise ValueError(
                    f"has the custom_id {row.custom_id!r} of a row before it. Give each its own."
                )
        except RecursionError:
            yield BadRowError(f"{place} is nested too deeply.")
            continue
        except (ValueError, TypeError) as exc:
            yield BadRowError(f"{place} {exc}")
            continue
        names.add(row.custom_id)
        yield row


def _row(place: str, value: Any, kind: Kind, counts: dict[str, int]) -> Row:
    own = kind.to_own(value)
    custom_id = _custom_id(value)
    if custom_id is None:
        hashed = _hash(own)
        counts[hashed] += 1
        custom_id = f"{hashed}-{counts[hashed]}"
    input = kind.to_input(own)
    return Row(custom_id, input, _hash([custom_id, input]), place)


def _custom_id(value: Any) -> str | None:
    given = value.get("custom_id") if isinstance(value, MAPPINGS) else None
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise ValueError(f"has the custom_id {given!r:.80}. Write a text.")
    return str(given)


def _hash(value: Any) -> str:
    """Hash of JSON that is the same for equal values, whatever the order of their keys."""
    try:
        text = "".join(_encode(value, 0))
    except ValueError as exc:
        raise ValueError(f"cannot be written as JSON: {exc}.") from exc
    except TypeError as exc:
        raise ValueError(f"holds what JSON has no form for: {exc}.") from exc
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _encoder() -> Callable[[Any, int], Iterable[str]]:
    """The encoder in C of a `JSONEncoder`, which makes one anew for each value."""
    options = JSONEncoder(
        sort_keys=True, separators=(",", ":"), allow_nan=False, default=to_jsonable_python
    )
    # Other interpreters have none.
    # https://github.com/python/cpython/blob/v3.14.0/Lib/json/encoder.py#L245
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return lambda value, _: options.encode(value)
    quoted = encoder.encode_basestring_ascii
    return make(None, options.default, quoted, None, ":", ",", True, False, False)  # type: ignore[no-any-return]


_encode = _encoder()
