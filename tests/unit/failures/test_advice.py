"""What a message says beside the provider's words: hints, sizes, ids, and where to go."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ramclouds import (
    EmptyResponseError,
    ModelUnavailableError,
    RamCloudsError,
    RateLimitError,
    RequestTooLargeError,
    StreamTruncatedError,
)
from ramclouds._failures.from_response import response_error, status_error
from ramclouds._failures.model_names import chat_name_of, remember_models
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from ramclouds._failures.retry import retry_delay, wait_in
from tests.harness import each_row, in_row

WHERE = "ramclouds.me or its Telegram bot @ramclouds_bot"


def raised(
    status: int,
    message: str,
    *,
    code: Any = "",
    type: str = "new_api_error",
    sent: Any = None,
    base_url: str = "https://gateway.test/v1",
) -> RamCloudsError:
    request = httpx.Request("POST", f"{base_url}/chat/completions", content=json.dumps(sent or {}))
    response = httpx.Response(status, headers={"x-oneapi-request-id": "r1"}, request=request)
    body = {"error": {"message": message, "type": type, "code": code}}
    return status_error(response, json.dumps(body).encode(), Redactor("sk-abcdefgh"))


def test_wait_in_a_message() -> None:
    for message, seconds in [
        ("Please try again in 12s.", 12.0),
        ("Please retry in 31.5s.", 31.5),
        ("Please try again in 450ms.", 0.45),
        ("try again in 1m12.5s", 72.5),
        ("Please try again in 6m0s.", 360.0),
        ("Please retry after 6 seconds.", 6.0),
        ("Please retry after 1 second.", 1.0),
        ("Please try again in 2 minutes and 3 seconds.", 123.0),
        ("Please wait 20 seconds before the next request", 20.0),
        ("Please try again in 1h", 3600.0),
        ("try again in 300 milliseconds", 0.3),
        ("请在 5 秒后重试", 5.0),
        ("10秒后重试", 10.0),
        ("The limit will reset in 30 seconds", 30.0),
        ("请等待3分钟", 180.0),
        ("Please try again later.", None),
        ("Please try again in a moment", None),
        ("Limit 30000, Used 30000, Requested 100.", None),
        ("retry in 5", None),
        ("", None),
    ]:
        with in_row(message):
            assert wait_in(message) == pytest.approx(seconds)


def test_wait_of_a_header_comes_before_that_of_the_message() -> None:
    response = httpx.Response(
        429, headers={"retry-after": "7"}, request=httpx.Request("POST", "https://gateway.test")
    )
    body = b'{"error": {"message": "Please try again in 12s."}}'
    assert status_error(response, body, Redactor(None)).retry_after == 7.0


@each_row(
    ("message", "retryable"),
    [
        ("on tokens per min (TPM): Limit 30000, Used 30000, Requested 100.", True),
        ("on tokens per min (TPM): Limit 30000, Requested 40000.", False),
        ("on tokens per minute (TPM): Limit 6000, Requested 6000, please reduce", True),
        ("slow down", True),
    ],
)
def test_limit_that_one_request_exceeds_is_not_retried(message: str, retryable: bool) -> None:
    error = raised(429, message, code="rate_limit_exceeded", type="tokens")
    assert (type(error), error.retryable) == (RateLimitError, retryable)
    assert ("waiting does not help" in str(error)) is not retryable


@each_row(("done", "delay"), [(0, True), (1, False)])
@each_row("kind", [EmptyResponseError, StreamTruncatedError])
def test_response_with_nothing_in_it_is_asked_for_once_more(
    kind: type[RamCloudsError], done: int, delay: bool
) -> None:
    error = kind("m", retryable=True)
    assert (retry_delay(error, done, 5) is not None) is delay


@pytest.mark.parametrize(
    ("stream", "advice"), [(True, "Ask for the whole completion"), (False, "Stream the completion")]
)
def test_empty_completion_names_the_other_way(stream: bool, advice: str) -> None:
    url = "https://gateway.test/v1/chat/completions"
    request = httpx.Request("POST", url, content=json.dumps({"stream": stream}))
    head = ResponseHead(httpx.Response(200, request=request), Redactor(None))
    assert advice in str(response_error(head, b"{}", {}, partial=None))


@each_row(
    ("status", "code", "words"),
    [
        (401, "", ["unknown, disabled, expired or spent", "client.key_status()", WHERE]),
        (401, "x", ["RAMCLOUDS_API_KEY", "ramclouds.me"]),
        (403, "insufficient_user_quota", ["Top up", "max_tokens", WHERE]),
        (403, "", ["models, groups and IP addresses", "ramclouds.me"]),
        (500, "sensitive_words_detected", ["word filter"]),
        (400, "prompt_blocked", ["Gemini's filter"]),
    ],
)
def test_hint_says_what_to_do_and_where(status: int, code: str, words: list[str]) -> None:
    text = str(raised(status, "m", code=code))
    assert [word for word in words if word not in text] == []


@each_row(
    ("path", "advice"),
    [("", "normally ends in /v1"), ("/v1", "Check the host in base_url, and the model's name")],
)
def test_hint_of_a_404_depends_on_the_path(path: str, advice: str) -> None:
    assert advice in str(raised(404, "no model", base_url=f"https://gateway.test{path}"))


def test_request_id_stands_once() -> None:
    error = raised(401, "Invalid token (request id: r1)")
    assert str(error).count("r1") == 1
    assert str(error).startswith("Invalid token. ")


def test_id_of_another_request_is_kept() -> None:
    assert "(request id: r2)" in str(raised(500, "Failed (request id: r2)"))


@pytest.mark.parametrize(
    "message",
    [
        "***.***.max_tokens.minimum: Input should be a valid list",
        "messages.0.max_tokens: must be at least 1",
        "GeneralOpenAIRequest.max_tokens must be greater than 0",
    ],
)
def test_no_hint_is_drawn_from_words_in_a_path(message: str) -> None:
    text = str(raised(400, message, type="invalid_request_error"))
    assert "Change the request." in text


def media(size: int) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * size}}


def test_request_that_is_too_large_tells_its_size_and_the_old_media() -> None:
    sent = {
        "messages": [
            {"role": "user", "content": [media(3_000_000), {"type": "text", "text": "What?"}]},
            {"role": "assistant", "content": "A cat."},
            {"role": "user", "content": [media(1_000_000)]},
        ]
    }
    error = raised(400, "http: request body too large", sent=sent)
    assert type(error) is RequestTooLargeError
    assert "The request has 4.0 MB, of which 3.0 MB (75%) are media of earlier messages" in str(
        error
    )


def test_too_large_request_without_media() -> None:
    error = raised(413, "too large", sent={"messages": [{"role": "user", "content": "x" * 10**6}]})
    assert "The request has 1.0 MB. Send fewer or smaller messages." in str(error)


@each_row("sent", [{}, {"messages": 7}, {"messages": [7, None]}, [1]])
def test_size_of_an_odd_request(sent: Any) -> None:
    assert type(raised(413, "too large", sent=sent)) is RequestTooLargeError


MISSING = "No available channel for model claude-opus-4.6 under group default (distributor)"


@each_row(
    ("model", "base_url", "name"),
    [
        ("claude-opus-4.6", "https://ramclouds.me/v1", "claude-opus-4.6-CL"),
        ("claude-opus-4.6-CL", "https://ramclouds.me/v1", None),
        ("gpt-5", "https://ramclouds.me/v1", None),
        ("claude-opus-4.6", "https://gateway.test/v1", None),
        ("claude-opus-4.6", "https://ramclouds.me.test/v1", None),
    ],
)
def test_name_of_a_claude_model_by_the_documents(
    model: str, base_url: str, name: str | None
) -> None:
    error = raised(503, MISSING, code="model_not_found", sent={"model": model}, base_url=base_url)
    assert type(error) is ModelUnavailableError
    assert ("Ask for" in str(error)) is (name is not None)
    assert name is None or f"Ask for {name}" in str(error)


def test_name_of_a_claude_model_by_the_list() -> None:
    remember_models("https://listed.test/v1", ["claude-opus-4.6-CL", "gpt-5"])
    assert chat_name_of("https://listed.test/v1", "claude-opus-4.6") == "claude-opus-4.6-CL"
    assert chat_name_of("https://listed.test/v1", "claude-opus-4.5") is None


@each_row(
    ("model", "base_url", "near"),
    [
        ("claude-opus-4-6-CI", "https://near.test/v1", "claude-opus-4.6-CL"),
        ("GPT5", "https://near.test/v1", "gpt-5"),
        ("gemini-9", "https://near.test/v1", None),
        ("gpt-5", "https://near.test/v1", None),
        ("gpt-5-codex-mimi", "https://not-listed.test/v1", "gpt-5-codex-mini"),
    ],
)
def test_mistyped_model_names_the_nearest_one(model: str, base_url: str, near: str | None) -> None:
    remember_models("https://near.test/v1", ["claude-opus-4.6-CL", "gpt-5"])
    error = raised(503, MISSING, code="model_not_found", sent={"model": model}, base_url=base_url)
    assert "list_models()" in str(error)
    assert ("Did you mean" in str(error)) is (near is not None)
    assert near is None or f"Did you mean {near}?" in str(error)


# What makes a pattern with nested or adjacent repetitions take quadratic time or worse.
PIECES = ["a", " ", ".", "a.", "***.", "models ", "limit 1 ", "try again in ", "1m", "context "]
PIECES += ["bearer ", "sk-", "(request id: ", "error code", "input ", "token ", "超", "输入", "\n"]


def test_long_message_is_read_in_linear_time() -> None:
    """Quadratic time would meet the limit on a test's time."""
    for piece in PIECES:
        with in_row(piece):
            message = piece * (200_000 // len(piece))
            # Looked through for a full window, and for a wait.
            errors = [
                raised(status, message, type="invalid_request_error") for status in (400, 429)
            ]
            assert all(len(str(error)) < 2_000 for error in errors)
