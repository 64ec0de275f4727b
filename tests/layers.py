"""Which layer a test belongs to, seen from what it and its fixtures refer to; counted at the end.

`pytest -m pure` runs a layer. A test of the layers `pure` and `cassettes` that opens a connection
fails, so none is there by mistake. A marker on the test says it where the names cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

LAYERS = {
    "pure": "functions and values, nothing opened",
    "wire_cases": "the gateway's answers byte for byte, served on loopback",
    "cassettes": "recorded servers",
    "process": "fresh interpreters: imports, installation, scripts",
    "loopback": "a server of the tests' own, with its faults and delays",
    "real_model": "a real model on loopback",
    "live": "RamClouds itself",
}
# The name that gives a test away; the first one found counts.
_SIGNS = {
    "LocalServer": "real_model",
    "local_or_remote": "real_model",
    "WireCase": "wire_cases",
    "Gateway": "loopback",
    "Proxy": "loopback",
    "socket": "loopback",
    "subprocess": "process",
}
# RFC 5737: an address that nobody has. An event loop may have its sockets; they reach nobody.
_NOBODY = "192.0.2.1"
_PROPERTY = "layer"


def pytest_configure(config: pytest.Config) -> None:
    for name, sees in LAYERS.items():
        if name != "live":  # pyproject.toml has it
            config.addinivalue_line("markers", f"{name}: {sees}")


# First: xdist reads the groups when it is asked.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    signs: dict[Any, set[str]] = {}
    for item in items:
        layer = _marked(item) or _seen(item, signs)
        item.add_marker(layer)
        item.user_properties.append((_PROPERTY, layer))
        if layer == "real_model":
            # In one process, one after the other: two models at once fight over the cores.
            item.add_marker(pytest.mark.xdist_group("model"))
        if layer in ("pure", "cassettes"):
            item.add_marker(pytest.mark.allow_hosts(_NOBODY))


def _marked(item: pytest.Item) -> str | None:
    if item.get_closest_marker("vcr"):
        return "cassettes"
    return next((name for name in LAYERS if item.get_closest_marker(name)), None)


def _seen(item: pytest.Item, signs: dict[Any, set[str]]) -> str:
    found = {sign for one in _functions(item) for sign in _signs_of(one, signs)}
    return next((layer for sign, layer in _SIGNS.items() if sign in found), "pure")


def _functions(item: pytest.Item) -> Iterator[Any]:
    """The test, its fixtures, and for a class all that it defines."""
    yield getattr(item, "function", None)
    fixtures = getattr(item, "_fixtureinfo", None)
    for definitions in fixtures.name2fixturedefs.values() if fixtures else ():
        yield from (definition.func for definition in definitions)
    for parent in getattr(getattr(item, "cls", None), "__mro__", ()):
        if parent.__module__.startswith("tests."):
            yield from vars(parent).values()


def _signs_of(function: Any, known: dict[Any, set[str]]) -> set[str]:
    """The signs that a function of the tests refers to, itself or through others of the tests."""
    function = getattr(function, "fget", None) or getattr(function, "__wrapped__", function)
    if not isinstance(function, FunctionType) or not _is_ours(function):
        return set()
    if function not in known:
        known[function] = set()  # it may call itself
        known[function] = _read(function, known)
    return known[function]


def _read(function: FunctionType, known: dict[Any, set[str]]) -> set[str]:
    names = set(_names(function.__code__))
    found = names & _SIGNS.keys()
    for name in names & function.__globals__.keys():
        target = function.__globals__[name]
        for one in vars(target).values() if _is_our_class(target) else (target,):
            found |= _signs_of(one, known)
    return found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_ours(function: Callable[..., Any]) -> bool:
    module = function.__module__
    return module.startswith("tests.") and not module.startswith("tests.gateway")


def _is_our_class(target: Any) -> bool:
    return isinstance(target, type) and _is_ours(target)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests of each layer ran, and how long they took together."""
    counts = dict.fromkeys(LAYERS, 0)
    seconds = dict.fromkeys(LAYERS, 0.0)
    for reports in terminalreporter.stats.values():
        for report in reports:
            layer = dict(getattr(report, "user_properties", ())).get(_PROPERTY)
            if layer and isinstance(report, pytest.TestReport):
                counts[layer] += report.when == "call"
                seconds[layer] += report.duration
    if not any(counts.values()):
        return
    terminalreporter.section("layers")
    for name, sees in LAYERS.items():
        line = f"{name:10} {counts[name]:5} tests {seconds[name]:7.1f} s   {sees}"
        terminalreporter.write_line(line)
