"""Every capture of the gateway, through both clients, at every splitting, as its `expect` says."""

from __future__ import annotations

from tests.captures import CAPTURES, differences, raw_pieces
from tests.captures.capture import asked_the_other_way
from tests.captures.expect import unknown_keys
from tests.captures.readers import over_socket, replayed
from tests.gateway import CUTS, Gateway, Raw
from tests.harness import TWINS, AsyncTwin, SyncTwin, in_row

REFUSALS = [capture for capture in CAPTURES if capture.is_chat and capture.status >= 400]


# One twin at every splitting: what reads the bytes is shared.
WAYS = [*((SyncTwin, split) for split in CUTS), (AsyncTwin, "as_is")]


def test_captures_are_read_as_expected() -> None:
    for capture in CAPTURES:
        for twin, split in WAYS:
            with in_row(capture.name, twin.__name__, split):
                found = differences(capture, replayed(twin, capture, split))
                assert found == []


# A few of each folder: all of them are read without a socket, at every splitting.
def test_captures_are_read_as_expected_over_a_socket(gateway: Gateway) -> None:
    url = gateway.base_url.removesuffix("/v1")
    for capture in CAPTURES[::8]:
        for twin in TWINS.values():
            with in_row(capture.name, twin.__name__):
                # Twice, since the client asks again as a stream where a model takes nothing else.
                replies = (*capture.before, capture, capture)
                gateway.reply(*(Raw(raw_pieces(one)) for one in replies))
                found = differences(capture, over_socket(twin, capture, url))
                assert found == []
                gateway.forget()


def test_refusal_is_the_same_error_asked_the_other_way() -> None:
    for capture in REFUSALS:
        other = asked_the_other_way(capture)
        with in_row(capture.name):
            found = differences(other, replayed(SyncTwin, other, "as_is"))
            assert found == []


def test_every_key_of_the_expectations_is_read() -> None:
    assert unknown_keys(CAPTURES) == set()
