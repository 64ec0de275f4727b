"""Responses that stop before their connection does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import httpx
import pytest

from ramclouds import (
    AuthenticationError,
    RateLimitError,
)
from tests.gateway import (
    Drop,
    Gateway,
    Hang,
    Json,
    WireCase,
    error,
)
from tests.gateway.responses import Response
from tests.harness import EACH_TWIN, TWINS, Calls, Twin, alone, at_once

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN
SLOW = Json(error("slow", code="rate_limit_exceeded"), 429, {"Retry-After": "7"})
WRONG_KEY = Json(error("bad"), 401)

ERRORS: dict[str, tuple[Response, type[Exception]]] = {
    "stalled_before_the_body": (Hang("body", SLOW), RateLimitError),
    "stalled_in_the_body": (Hang("mid_body", SLOW), RateLimitError),
    "cut_before_the_body": (Drop("body", WRONG_KEY, how="fin"), AuthenticationError),
    "cut_in_the_body": (Drop("mid_body", WRONG_KEY, how="fin"), AuthenticationError),
    "reset": (Drop("body", WRONG_KEY, how="rst"), AuthenticationError),
}


def test_error_body_that_breaks_off_keeps_its_status() -> None:
    def check(twin: type[Twin], kind: str) -> None:
        answer, expected = ERRORS[kind]
        # Only a stall is waited for; on a busy machine the others may take longer than that.
        timeout = httpx.Timeout(30, read=2) if isinstance(answer, Hang) else 30
        with alone(twin, answer, timeout=timeout) as (_, calls):
            with pytest.raises(expected) as caught:
                calls.complete()
            assert getattr(caught.value, "retry_after", None) in (7, None), kind

    at_once(*(partial(check, *row) for row in product(TWINS.values(), ERRORS)))


def test_events_behind_the_end_marker_are_not_waited_for(
    gateway: Gateway, connect: Connect
) -> None:
    gateway.reply(WireCase("stream_finish_then_no_close"))
    assert connect(timeout=5).complete().text == "Tide is high."
    gateway.wait_closed()
