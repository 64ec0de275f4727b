"""Errors of a server that sends odd heads, odd bytes, or back what it was sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from ramclouds import (
    BlockedError,
    InvalidToolCall,
    RamCloudsError,
    RateLimitError,
    ToolCall,
)
from tests.gateway import Body, Gateway, Json, Raw, Sse, error, head
from tests.harness import EACH_TWIN, Calls, each_row, in_row, read
from tests.harness.walk import Walk

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN

WAITS: dict[str, float | None] = {
    "Fri, 31 Dec 9999 23:59:59 GMT": None,
    "Mon, 01 Jan 0001 00:00:00 GMT": 0.0,
    "Mon, 01 Jan 0001 00:00:00 +1400": 0.0,
    "Mon, 01 Jan 0001 00:00:00": 0.0,
    "Mon, 32 Jan 2030 99:99:99 GMT": None,
    "Mon, 01 Jan 99999999999999999999 00:00:00 GMT": None,
    "Mon, 01 Jan 2030 00:00:00 +999999999999": None,
    "9" * 400: None,
    "1e999": None,
    "nan": None,
    "-5": None,
    "": None,
    "soon": None,
    "7": 7.0,
}


def test_wait_that_is_absurd_hides_no_rate_limit(gateway: Gateway, calls: Calls) -> None:
    found = {value: wait_of(gateway, calls, {"Retry-After": value}) for value in WAITS}
    assert found == WAITS
    for name in ("Retry-After-Ms", "X-RateLimit-Reset-Requests"):
        for value in WAITS:
            assert (wait_of(gateway, calls, {name: value}) or 0.0) < 1e6


def wait_of(gateway: Gateway, calls: Calls, headers: dict[str, str]) -> float | None:
    """The wait that an error asks for."""
    gateway.reply(Json(error("slow down", "", ""), 429, headers))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    return caught.value.retry_after


CONTROLS = "a\x1b[2Jb\nc\r\nd\u2028e\x9b31mf\u202eg\u2066h\x00i\x7fj"
ESCAPED = r"a\x1b[2Jb\nc\r\nd\u2028e\x9b31mf\u202eg\u2066h\x00i\x7fj"  # as Python writes it
CONTROLLING: dict[str, Any] = {
    "error": Json(error(CONTROLS, "x", "y"), 400),
    "error_in_200": Json(error(CONTROLS, "x", "y")),
    "error_event": Sse([error(CONTROLS, "x", "y")]),
    "other_json": Json({"message": CONTROLS}),
}


def test_control_characters_are_escaped(gateway: Gateway, calls: Calls) -> None:
    for kind in CONTROLLING:
        with in_row(kind):
            gateway.forget()
            for method in (calls.complete, calls.stream):
                gateway.reply(CONTROLLING[kind])
                with pytest.raises(RamCloudsError) as caught:
                    method()
                assert ESCAPED in str(caught.value)
                assert ESCAPED in caught.value.message


def test_request_id_is_short_and_without_controls(gateway: Gateway, calls: Calls) -> None:
    ids = {"X-Oneapi-Request-Id": "i\x9b" + "d" * 5000}
    gateway.reply(Raw([head(400, ids), b"no"], close=True))
    with pytest.raises(RamCloudsError) as caught:
        calls.complete()
    assert caught.value.request_id is not None
    assert len(caught.value.request_id) == 128
    assert "\x9b" not in f"{caught.value}{caught.value.request_id}"


PASSWORD = 'p/w"c4nary bird'
BASIC = b64encode(f"user:{PASSWORD}".encode()).decode()
HEADERS = {
    "Authorization": f"Basic {BASIC}",
    "X-Api-Key": "h34d3rc4nary/x",
    "Cookie": "theme=dark; session=c00k13c4nary",
}
ECHOED = [PASSWORD, f"user:{PASSWORD}", BASIC, quote(PASSWORD, safe=""), *HEADERS.values()]
ECHOED += [r"p/w\"c4nary bird", "h34d3rc4nary%2Fx", "c00k13c4nary"]


@each_row("setting", ["default_headers", "extra_headers"])
def test_secret_headers_are_masked_where_they_are_sent_back(
    gateway: Gateway, connect: Connect, setting: str
) -> None:
    is_call = setting == "extra_headers"
    calls = connect(**({} if is_call else {"default_headers": HEADERS}))
    for text in ECHOED:
        for answer in (
            Json(error(f"wrong: {text}", "", ""), 401, {"X-Echo": text}),
            Body(f"wrong: {text}", 500),
            Json(error(f"wrong: {text}", "", "")),
        ):
            gateway.reply(answer)
            with pytest.raises(RamCloudsError) as caught:
                calls.complete(**({"extra_headers": HEADERS} if is_call else {}))
            texts = [found for _, found in Walk().texts(caught.value)]
            assert [found for found in texts if "c4nary" in found or BASIC in found] == []


def call(arguments: bytes, delta: bytes = b"message") -> bytes:
    name = b'"id":"c1","index":0,"type":"function","function":{"name":"f","arguments":"%b"}'
    return (
        b'{"id":"1","model":"m","choices":[{"index":0,"%b":{"role":"assistant","tool_calls":[{%b}]}'
        b',"finish_reason":"tool_calls"}]}' % (delta, name % arguments)
    )


def words(text: bytes, delta: bytes = b"message") -> bytes:
    return (
        b'{"id":"1","model":"m","choices":[{"index":0,"%b":{"role":"assistant","content":"%b"}'
        b',"finish_reason":"stop"}]}' % (delta, text)
    )


def as_events(body: bytes) -> Any:
    return Sse([b"data: " + body + b"\n\n"])


def test_byte_that_is_not_utf8_is_replaced_in_text(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Body(words(b"a\xffb\xe4c \\ud83d\\ude00")))
    assert calls.complete().text == "a\ufffdb\ufffdc 😀"
    gateway.reply(as_events(words(b"a\xffb\xe4c \\ud83d\\ude00", b"delta")))
    assert read(calls.stream())["text"] == "a\ufffdb\ufffdc 😀"


def test_byte_that_is_not_utf8_makes_a_tool_call_invalid(gateway: Gateway, calls: Calls) -> None:
    arguments = b'{\\"a\\": \\"b\xff\\"}'
    invalid = ("c1", "f", '{"a": "b\ufffd"}', "The arguments hold bytes that are not UTF-8.")
    gateway.reply(Body(call(arguments)))
    found = calls.complete()
    assert found.tool_calls == ()
    assert [facts(one) for one in found.invalid_tool_calls] == [invalid]
    gateway.reply(as_events(call(arguments, b"delta")))
    chunks = calls.stream()
    assert [facts(one) for one in chunks[-1].invalid_tool_calls] == [invalid]
    assert "".join(part.arguments for one in chunks for part in one.tool_calls) == invalid[2]


def facts(one: InvalidToolCall) -> tuple[str, str, str, str]:
    return (one.id, one.name, one.arguments, one.reason)


def test_replacement_character_that_a_model_wrote_is_no_fault(
    gateway: Gateway, calls: Calls
) -> None:
    gateway.reply(Body(call('{\\"a\\": \\"b\ufffd\\"}'.encode())))
    assert calls.complete().tool_calls == (ToolCall("c1", "f", '{"a": "b\ufffd"}'),)


PAGES = {
    "blocked": "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>",
    "translated": "<html><title>Einen Moment</title>cloudflare.com/5xx-error-landing</html>",
}


def test_block_page_of_cloudflare_under_the_gateways_headers(
    gateway: Gateway, calls: Calls
) -> None:
    for kind in PAGES:
        with in_row(kind):
            gateway.forget()
            headers = {"Content-Type": "text/html", "X-Oneapi-Request-Id": "r1"}
            gateway.reply(Body(PAGES[kind], 403, headers))
            with pytest.raises(BlockedError):
                calls.complete()
