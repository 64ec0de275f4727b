"""What an error tells to do about a key with a `-` and about max_tokens."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ramclouds._failures.from_response import status_error
from ramclouds._failures.redact import Redactor
from ramclouds._failures.sent import SentRequest
from tests.harness import each_row, in_row


def refused(status: int, message: str, code: str = "", key: str = "sk-abcdefgh") -> str:
    body = json.dumps({"error": {"message": message, "type": "new_api_error", "code": code}})
    request = httpx.Request("POST", "https://gateway.test/v1/chat/completions")
    answer = httpx.Response(status, headers={"x-oneapi-request-id": "r1"}, request=request)
    return str(status_error(answer, body.encode(), Redactor(key)))


DASH = (
    "The key holds a `-` that is not part of `sk-`; the gateway reads what follows it as a channel "
    "number."
)


@pytest.mark.parametrize(
    "message",
    ["普通用户不支持指定渠道", "Users cannot specify channels", "no specific channel for you"],
)
def test_channel_in_a_key_has_a_hint(message: str) -> None:
    assert f"{DASH} (status 403" in refused(403, message)


@pytest.mark.parametrize("status", [401, 403])
def test_dash_in_the_key_has_a_hint_in_any_language(status: int) -> None:
    said = "Người dùng thường không được chỉ định kênh"
    assert f"{DASH} If that is intended, check" in refused(status, said, key="sk-abcd-efgh")
    assert DASH not in refused(status, said)
    assert DASH not in refused(status, said, code="access_denied", key="sk-abcd-efgh")


@pytest.mark.parametrize("said", ["sk-abcd-efgh", "abcd-efgh"])
def test_key_with_a_dash_is_masked(said: str) -> None:
    assert said not in refused(401, said, key="sk-abcd-efgh")


SMALL = "max_tokens is too small for this model. OpenAI's codex models need at least 16"


def test_hint_for_max_tokens_only_where_it_is_too_small() -> None:
    for message, is_small in [
        ("Invalid 'max_output_tokens': integer below minimum value. Expected >= 16.", True),
        ("max_tokens must be greater than thinking.budget_tokens", True),
        ("max_completion_tokens must be at least 16", True),
        ("max_tokens is less than the minimum", True),
        ("max_tokens: 9 > 8, which is the maximum allowed number of output tokens", False),
        ("max_tokens is greater than the maximum of 8", False),
        ("max_tokens must be below 8", False),
        ("temperature must be at least 0", False),
    ]:
        with in_row(message):
            assert (SMALL in refused(400, message)) is is_small


@each_row(
    "content",
    [b"", b"{", b"[1]", b"{}", iter([b'{"model": "gpt-5"}'])],
    ids=["empty", "cut", "list", "object", "not_read"],
)
def test_request_that_is_no_json_object_or_was_not_read_says_nothing(content: Any) -> None:
    sent = SentRequest(httpx.Request("POST", "https://gateway.test/v1", content=content))
    assert (sent.model, sent.is_stream, sent.old_media_size) == ("", False, 0)


def test_refusal_of_tools_does_not_send_the_user_to_base_url() -> None:
    for status in [400, 404]:
        for message, is_about_tools in [
            (
                "No endpoints found that support tool use. To learn more, visit: https://x.test",
                True,
            ),
            ("registry.ollama.ai/library/gemma:2b does not support tools", True),
            ("Function calling is not supported by this model", True),
            ("No endpoints found for x/y.", False),
            ("Invalid URL (POST /v1/v1/chat/completions)", False),
        ]:
            with in_row(status, message):
                said = refused(status, message)
                assert ("takes no tools" in said) is is_about_tools
                assert not (is_about_tools and "base_url" in said)
