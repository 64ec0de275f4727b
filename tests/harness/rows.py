"""Rows of a table that one test runs one after the other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from ramclouds._failures import model_names
from ramclouds._pace.registry import GATES
from ramclouds._prices import known
from ramclouds._resting import RESTS
from tests.gateway.answering import Answering

Test = Callable[..., Any]
_Row = tuple[str, Mapping[str, Any]]


@contextmanager
def in_row(*names: object) -> Iterator[None]:
    """Names the row in which a test fails; a row begins as a test does.

    A case of its own for each row costs more than most rows do.
    """
    forget_gateways()
    try:
        yield
    except (Exception, pytest.fail.Exception) as exc:
        raise AssertionError(f"in row {' '.join(map(str, names))!s:.200}") from exc


def each_row(
    names: str | tuple[str, ...],
    rows: Iterable[Any],
    *,
    ids: Callable[[Any], Any] | Iterable[str] | None = None,
) -> Callable[[Test], Test]:
    """`pytest.mark.parametrize` in one case: the rows share the fixtures of their test.

    A gateway among them is as it was at the beginning before each row.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else [*names]
    table = [*_named(columns, rows, ids)]
    assert table, "A table without rows shows nothing."

    def decorated(test: Test) -> Test:
        @wraps(test)
        def in_turn(**fixtures: Any) -> None:
            begin = _beginning(fixtures)
            for name, row in table:
                with in_row(name):
                    begin()
                    test(**fixtures, **row)

        @wraps(test)
        async def in_turn_async(**fixtures: Any) -> None:
            begin = _beginning(fixtures)
            for name, row in table:
                with in_row(name):
                    begin()
                    await test(**fixtures, **row)

        made: Test = in_turn_async if inspect.iscoroutinefunction(test) else in_turn
        asked = inspect.signature(test)
        others = [one for name, one in asked.parameters.items() if name not in columns]
        made.__signature__ = asked.replace(parameters=others)  # type: ignore[attr-defined]
        return made

    return decorated


def _named(
    columns: list[str], rows: Iterable[Any], ids: Callable[[Any], Any] | Iterable[str] | None
) -> Iterator[_Row]:
    names = iter(ids) if ids is not None and not callable(ids) else None
    for number, row in enumerate(rows):
        made = ParameterSet.extract_from(row, force_tuple=len(columns) == 1)
        assert not made.marks, "A row has no marks of its own."
        values = [ids(value) if callable(ids) else value for value in made.values]
        name = next(names) if names else made.id or f"{number}: {values}"
        yield str(name), dict(zip(columns, made.values, strict=True))


def _beginning(fixtures: Mapping[str, Any]) -> Callable[[], None]:
    """What makes the gateways as they are now."""
    began = [(one, one.handler) for one in fixtures.values() if isinstance(one, Answering)]

    def begin() -> None:
        for gateway, handler in began:
            gateway.forget()
            gateway.handler = handler

    return begin


def forget_gateways() -> None:
    """Forgets what this process learned of gateways."""
    GATES.forget()
    RESTS.forget()
    known._of_gateways.clear()
    model_names._listed.clear()
