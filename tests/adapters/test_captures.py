"""Every captured chat completion, through both adapters, as its `expect` says."""

from __future__ import annotations

import pytest

from tests.adapters.capture_readers import (
    langchain,
    langchain_async,
    llama_index,
    llama_index_async,
    read_by,
)
from tests.captures import CAPTURES, NOT_YET, Capture, differences
from tests.harness import each_row

# Both adapters, one of them sync and one async, by turns.
READERS = ((langchain, llama_index_async), (langchain_async, llama_index))
CHATS = [capture for capture in CAPTURES if capture.is_chat]
# What an adapter makes of a completion that the client reads as expected.
NOT_YET_HERE: dict[str, str] = {}


@pytest.mark.filterwarnings("ignore:Nothing is known about model")
@each_row("capture", CHATS, ids=[capture.name for capture in CHATS])
def test_capture_is_read_as_expected(capture: Capture) -> None:
    readers = READERS[CHATS.index(capture) % 2]
    found = {
        reader.__name__: differences(capture, read_by(reader, capture, "as_read"))
        for reader in readers
    }
    if capture.name in {**NOT_YET, **NOT_YET_HERE}:
        assert any(found.values()), "It is read as expected now. Take it off the list."
    else:
        assert found == {reader.__name__: [] for reader in readers}
