"""Settings as users write them."""

from __future__ import annotations

import httpx
import pytest

from ramclouds import ConfigurationError
from ramclouds.bridge.settings import check_word, closest, public_headers, to_timeout
from tests.harness import each_row, in_row


def test_header_that_may_hold_a_secret_is_not_stored() -> None:
    for name in [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Api-Key",
        "X-Auth-Token",
        "X-Client-Secret",
        "X-Password",
    ]:
        with in_row(name):
            assert public_headers({name: "s3cret", "X-Team": "blue"}) == {"X-Team": "blue"}


def test_closest_name_is_the_one_that_was_meant() -> None:
    assert closest("temprature", {"temperature": 1, "top_p": 2}) == "temperature"
    assert closest("wholly_other", ["temperature"]) is None


def test_word_that_a_setting_does_not_have_names_those_that_it_has() -> None:
    assert check_word("way", "a", [None, "a"]) == "a"
    with pytest.raises(ConfigurationError, match=r"way='c' is unknown\. Use one of 'a', 'b'"):
        check_word("way", "c", [None, "a", "b"])


@each_row(
    ("value", "timeout"),
    [
        (None, None),
        (30, 30.0),
        (httpx.Timeout(5), httpx.Timeout(5)),
        (httpx.Timeout(5).as_dict(), httpx.Timeout(5)),
        ({"read": 2}, {"read": 2}),
    ],
    ids=repr,
)
def test_stored_timeout_is_httpx_s_again(value: object, timeout: object) -> None:
    assert to_timeout(value) == timeout
