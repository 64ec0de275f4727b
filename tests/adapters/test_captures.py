"""Every captured chat completion, through both adapters, as its `expect` says."""

from __future__ import annotations

import pytest

from tests.adapters.capture_readers import READERS, read_by
from tests.captures import CAPTURES, Capture, differences
from tests.harness import each_row

CHATS = [capture for capture in CAPTURES if capture.is_chat]


@pytest.mark.filterwarnings("ignore:Nothing is known about model")
@each_row("capture", CHATS, ids=[capture.name for capture in CHATS])
def test_capture_is_read_as_expected(capture: Capture) -> None:
    # Both adapters, one of them sync and one async, by turns.
    turn = CHATS.index(capture) % 2
    for place, reader in enumerate(READERS):
        found = differences(capture, read_by(reader, capture, is_async=place != turn))
        assert found == [], reader.__name__
