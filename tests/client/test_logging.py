"""What is logged: attempts at DEBUG, retries at INFO, through the logger `ramclouds`."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from ramclouds import ServerError
from tests.gateway import REQUEST_ID, Gateway, Json, Sse, completion, error, text_chunks
from tests.harness import Calls

Connect = Callable[..., Calls]
SLOW = Json(error("slow"), 503, {"Retry-After": "3"})


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    found = [one for one in caplog.records if one.name == "ramclouds" and one.levelno == level]
    return [one.getMessage() for one in found]


def test_every_attempt_is_logged_at_debug(
    gateway: Gateway, connect: Connect, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ramclouds")
    gateway.reply(SLOW, Json(completion()))
    connect(max_retries=1).complete()
    url = f"POST {gateway.base_url}/chat/completions"
    assert lines(caplog, logging.DEBUG) == [
        f"{url}, attempt 1",
        f"{url}: 503, request id {REQUEST_ID}",
        f"{url}, attempt 2",
        f"{url}: 200, request id {REQUEST_ID}",
    ]


def test_every_retry_is_logged_at_info(
    gateway: Gateway, connect: Connect, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ramclouds")
    gateway.reply(SLOW, SLOW)
    gateway.reply(Sse(text_chunks()))
    connect(max_retries=2).stream()
    url = f"POST {gateway.base_url}/chat/completions"
    assert lines(caplog, logging.INFO) == [
        f"{url}: ServerError; retry 1 of 2 in {waits[0]:.2f} s",
        f"{url}: ServerError; retry 2 of 2 in {waits[1]:.2f} s",
    ]


def test_nothing_is_logged_above_info(
    gateway: Gateway, connect: Connect, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    gateway.handler = lambda _: SLOW
    with pytest.raises(ServerError):
        connect(max_retries=2).complete()
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


def test_messages_are_not_logged(
    gateway: Gateway, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ramclouds")
    connect().complete(messages=[{"role": "user", "content": "a private matter"}])
    assert "private matter" not in caplog.text
