"""Looks for the tests' API keys in all that a run prints, logs, raises, pickles and records."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ramclouds import RamCloudsError

# What tests give as a key; nowhere else is there a reason for such a text to turn up.
KEYS = ("test-key", "c4narybirdc4narybird")
_RECORDED = Path(__file__).parent
_raised: list[RamCloudsError] = []
_found: list[str] = []
_searched = {"texts": 0, "errors": 0, "recordings": 0}


def pytest_configure(config: pytest.Config) -> None:
    # Everything that is logged is to be seen, also by httpx, httpcore and asyncio. As `log_level`
    # it would be set and taken back six times a test, and each logger forgets its level each time.
    if config.getoption("log_level") is None:
        logging.getLogger().setLevel(logging.DEBUG)
    _watch_errors()


def _watch_errors() -> None:
    init = RamCloudsError.__init__

    def noted(self: RamCloudsError, *args: Any, **facts: Any) -> None:
        init(self, *args, **facts)
        _raised.append(self)

    RamCloudsError.__init__ = noted  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    yield
    errors = list(_raised)
    _raised.clear()
    for error in errors:
        _searched["errors"] += 1
        for text in _texts_of(error):
            _search(text, f"an error in {item.nodeid}")


def _texts_of(error: RamCloudsError) -> Iterator[str]:
    # Without the frames: their source lines may show the key that a test gives.
    link: traceback.TracebackException | None
    link = traceback.TracebackException.from_exception(error, limit=0)
    while link is not None:
        yield "".join(link.format_exception_only())
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    yield repr(error.__dict__)
    yield pickle.dumps(error).decode("latin-1")
    if error.response is not None:
        yield repr(error.response.request.headers.raw) + repr(error.response.headers.raw)


# Before xdist's own, which sends the report.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield
    if report.passed:  # The report of a failure quotes the test itself.
        for title, text in report.sections:
            _search(text, f"{title} of {report.nodeid}")
        if hasattr(item.config, "workerinput"):
            report.sections.clear()  # Nobody reads them there.
    return report


def _search(text: str, place: str) -> None:
    _searched["texts"] += 1
    _found.extend(f"{key!r} in {place}" for key in KEYS if key in text)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["canary"] = (_searched, _found)  # type: ignore[attr-defined]
        return
    for path in _RECORDED.rglob("cassettes/**/*.yaml"):
        _searched["recordings"] += 1
        _search(path.read_text("utf-8"), str(path))
    if _found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    searched, found = getattr(node, "workeroutput", {}).get("canary", ({}, []))
    for what, count in searched.items():
        _searched[what] += count
    _found.extend(found)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("canary")
    hits = sorted(set(_found))
    counted = ", ".join(f"{count} {what}" for what, count in _searched.items())
    terminalreporter.write_line(f"{len(hits)} hits of a key in {counted}")
    for hit in hits[:20]:
        terminalreporter.write_line(hit)
