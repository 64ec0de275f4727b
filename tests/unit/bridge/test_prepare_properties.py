"""Random histories through every row, held against what providers insist on."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ramclouds.bridge.dialects import Dialect, dialects
from ramclouds.bridge.prepare import apply

TEXTS = st.sampled_from(["", " ", "\n", "Hi", "Bye ", "Hà Nội"])
IDS = st.sampled_from(["", "c1", "c2", "functions.f:0", "call_" + "x" * 60, "tìm"])
ARGUMENTS = st.sampled_from(["", "{}", '{"a": 1}', '{"a', "[1]", "null"])
AUTHORS = st.sampled_from([None, "gpt-5", "claude-opus-4-5", "kimi-k2-thinking", "minimax-m2.1"])
IMAGE = {"type": "image_url", "image_url": {"url": "u"}}
CALLS = st.lists(
    st.builds(
        lambda id, arguments: {
            "id": id,
            "type": "function",
            "function": {"name": "f", "arguments": arguments},
            "extra_content": {"signature": "x"},
        },
        IDS,
        ARGUMENTS,
    ),
    max_size=3,
)
PARTS = st.lists(
    st.one_of(st.builds(lambda text: {"type": "text", "text": text}, TEXTS), st.just(IMAGE)),
    max_size=3,
)
USERS = st.builds(lambda content: {"role": "user", "content": content}, TEXTS | PARTS)
SYSTEMS = st.builds(lambda content: {"role": "system", "content": content}, TEXTS)
ASSISTANTS = st.builds(
    lambda content, calls, author, reasoning: {
        "role": "assistant",
        "content": content,
        **({"tool_calls": calls} if calls is not None else {}),
        **({"model": author} if author else {}),
        **({"reasoning_content": reasoning} if reasoning is not None else {}),
    },
    st.none() | TEXTS,
    st.none() | CALLS,
    AUTHORS,
    st.none() | TEXTS,
)
RESULTS = st.builds(
    lambda id, content: {"role": "tool", "tool_call_id": id, "content": content}, IDS, TEXTS | PARTS
)
HISTORIES = st.lists(st.one_of(USERS, ASSISTANTS, RESULTS, SYSTEMS), min_size=1, max_size=12)
ROWS = st.sampled_from(dialects())


def sent_in(history: list[dict[str, Any]], dialect: Dialect) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = apply({"model": "m", "messages": history}, dialect).body[
        "messages"
    ]
    return sent


@given(history=HISTORIES, dialect=ROWS)
def test_applied_again_a_request_stays_as_it_is(
    history: list[dict[str, Any]], dialect: Dialect
) -> None:
    once = apply({"model": "m", "messages": history}, dialect)
    assert apply(once.body, dialect).body == once.body


@given(history=HISTORIES, dialect=ROWS)
def test_every_call_has_one_result_right_behind_it(
    history: list[dict[str, Any]], dialect: Dialect
) -> None:
    waiting: list[str] = []
    used: list[str] = []
    for message in sent_in(history, dialect):
        if message["role"] == "tool":
            assert message["tool_call_id"] == waiting.pop(0)
            continue
        assert waiting == []
        calls = message.get("tool_calls", [])
        assert calls or "tool_calls" not in message
        waiting = [call["id"] for call in calls]
        used += waiting
        for call in calls:
            assert dialect.tool_ids.fullmatch(call["id"])
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
    assert waiting == []
    assert len(set(used)) == len(used)


@given(history=HISTORIES, dialect=ROWS)
def test_no_text_is_blank_and_the_order_is_the_dialect_s(
    history: list[dict[str, Any]], dialect: Dialect
) -> None:
    sent = sent_in(history, dialect)
    said = [one for one in history if one["role"] == "user" and texts_of(one)]
    if not said:
        return
    for message in sent:
        if message["role"] != "tool":
            assert texts_of(message) or message.get("tool_calls") or has_image(message)
    roles = [message["role"] for message in sent]
    if dialect.join_neighbours:
        pairs = pairwise(roles)
        assert not any(one == next == "user" for one, next in pairs)
    if dialect.user_first:
        assert next((role for role in roles if role != "system"), "user") == "user"
    if dialect.merge_system:
        assert "system" not in roles[1:]


@given(history=HISTORIES, dialect=ROWS)
def test_no_text_of_a_user_is_lost(history: list[dict[str, Any]], dialect: Dialect) -> None:
    given_texts = [
        text for one in history if one["role"] in ("user", "system") for text in texts_of(one)
    ]
    sent_text = "\n".join(text for one in sent_in(history, dialect) for text in texts_of(one))
    assert all(text in sent_text for text in given_texts)


def texts_of(message: dict[str, Any]) -> list[str]:
    content = message["content"]
    if isinstance(content, str):
        return [content] if content.strip() else []
    texts = [part.get("text", "") for part in content or []]
    return [text for text in texts if text.strip()]


def has_image(message: dict[str, Any]) -> bool:
    return isinstance(message["content"], list) and IMAGE in message["content"]
