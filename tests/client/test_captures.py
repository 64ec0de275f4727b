"""Every capture of the gateway, through both clients, at every splitting, as its `expect` says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ramclouds import AsyncClient, Client
from tests.captures import CAPTURES, NOT_YET, SPLITTINGS, Capture, differences, marked, raw_pieces
from tests.captures.capture import asked_the_other_way
from tests.captures.expect import unknown_keys
from tests.captures.readers import over_socket, replayed
from tests.gateway import Gateway, Raw

TWINS = (Client, AsyncClient)
REFUSALS = [capture for capture in CAPTURES if capture.is_chat and capture.status >= 400]


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def server(running: Gateway) -> Iterator[Gateway]:
    """One gateway for all of them; what a test leaves behind is dropped."""
    yield running
    running.forget()


@pytest.mark.parametrize("capture", marked(CAPTURES, NOT_YET))
def test_capture_is_read_as_expected(capture: Capture) -> None:
    ways = [(twin, split) for twin in TWINS for split in SPLITTINGS]
    found = {
        (twin, split): differences(capture, replayed(twin, capture, split)) for twin, split in ways
    }
    assert found == {way: [] for way in ways}


# A few of each folder: all of them are read without a socket, at every splitting.
@pytest.mark.parametrize("capture", marked(CAPTURES[::8], NOT_YET))
def test_capture_is_read_as_expected_over_a_socket(server: Gateway, capture: Capture) -> None:
    url = server.base_url.removesuffix("/v1")
    found = []
    for twin in TWINS:
        # Twice, since the client asks again as a stream where a model takes nothing else.
        replies = (*capture.before, capture, capture)
        server.reply(*(Raw(raw_pieces(one)) for one in replies))
        found.append(differences(capture, over_socket(twin, capture, url)))
        server.forget()
    assert found == [[], []]


@pytest.mark.parametrize("capture", marked(REFUSALS, NOT_YET))
def test_refusal_is_the_same_error_asked_the_other_way(capture: Capture) -> None:
    other = asked_the_other_way(capture)
    assert differences(other, replayed(Client, other, "as_read")) == []


def test_every_key_of_the_expectations_is_read() -> None:
    assert unknown_keys(CAPTURES) == set()


def test_the_list_of_captures_that_are_not_right_yet_names_captures() -> None:
    assert NOT_YET.keys() <= {capture.name for capture in CAPTURES}
