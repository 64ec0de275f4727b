"""What several folders of tests share: both twins behind one set of names, and the chunk contract.

One body of test code for sync and async:

    @EACH_TWIN                             # two cases; without it the sync one alone
    def test_hello(twin: Twin, llm: RamClouds) -> None:
        assert twin.call(llm, "chat", messages).message.content == "Hi"     # chat, or achat
        parts = twin.call(llm, "stream_chat", messages)                     # a list of its parts

`pytestmark = EACH_TWIN` is for all tests of a module that use `twin`, also through fixtures.

A table of inputs is one test, whose rows share its fixtures:

    @each_row(("text", "expected"), [("1", 1), ("x", None)])
    def test_number_or_none(text: str, expected: int | None) -> None:
        assert decided(text) == expected

In a loop of its own, a test names the row that fails by `with in_row(name):`.

A parity test compares the syntax trees of both clients, so one twin is enough for what is decided.
Both are for I/O: closing, timeouts, cancellation, retries, broken connections.
"""

from tests.harness.calls import ASK, EMBED, MESSAGES, Calls
from tests.harness.chunk_contract import assert_adds_up, assert_complete, read
from tests.harness.rows import each_row, forget_gateways, in_row
from tests.harness.twins import EACH_TWIN, TWINS, AsyncTwin, SyncTwin, Twin
from tests.harness.waiting import alone, at_once

__all__ = [
    "ASK",
    "EACH_TWIN",
    "EMBED",
    "MESSAGES",
    "TWINS",
    "AsyncTwin",
    "Calls",
    "SyncTwin",
    "Twin",
    "alone",
    "assert_adds_up",
    "assert_complete",
    "at_once",
    "each_row",
    "forget_gateways",
    "in_row",
    "read",
]
