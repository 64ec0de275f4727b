"""JSON of whole answers and model lists to the client's values."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ramclouds import Choice, Completion, Model, ToolCall, Usage
from ramclouds._json.parsing import MalformedError
from ramclouds._wire.chat.completion import choices_in, partial_completion, to_completion
from ramclouds._wire.chat.message import delta_of, message_of
from ramclouds._wire.chat.tool_calls import extra_keys, made_up_id, raw_calls, to_tool_calls
from ramclouds._wire.models import to_models
from tests.harness import each_row, in_row


def test_made_up_id_depends_on_its_basis() -> None:
    digest = hashlib.sha256(b"('a', 1)").hexdigest()
    assert made_up_id("a", 1) == f"call_{digest[:24]}"
    assert made_up_id("\ud83d").startswith("call_")


def test_tool_calls_get_ids_of_their_own_and_arguments_as_text() -> None:
    message = {
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
            {"index": 1, "id": "c2", "function": {"name": "g", "arguments": None}},
            {"id": "c1", "function": {"name": "h", "arguments": {"b": 2}}},
            {"function": None, "extra_content": {"google": 1}},
            "no call",
        ]
    }
    calls = (
        ToolCall("c1", "f", '{"a": 1}'),
        ToolCall("c2", "g", "{}"),
        ToolCall(made_up_id("basis", 2, "h"), "h", '{"b":2}'),
    )
    assert to_tool_calls(message, "basis", "stop") == (calls, ())


def test_calls_are_found_in_each_field_that_holds_them() -> None:
    for message, calls in [
        ({}, []),
        ({"tool_calls": None, "function_call": None}, []),
        ({"tool_calls": {"id": "a"}}, [{"id": "a"}]),
        ({"function_call": {"name": "f"}}, [{"index": 0, "function": {"name": "f"}}]),
        ({"function_call": {}}, []),
        ({"tool_calls": [{"id": "a"}], "function_call": {"name": "f"}}, [{"id": "a"}]),
        ({"tool_calls": [7]}, []),
    ]:
        with in_row(message):
            assert raw_calls(message) == calls


def test_unusual_keys_of_a_call_are_extra() -> None:
    usual = {"index": 0, "id": "a", "type": "function", "function": {}}
    assert extra_keys(usual) == {}
    assert extra_keys({**usual, "more": 1}) == {"more": 1}


def test_answer_of_a_choice() -> None:
    for choice, message in [
        ({"message": {"content": "a"}}, {"content": "a"}),
        ({"delta": {"content": "a"}}, {"content": "a"}),
        ({"message": {"content": "a"}, "delta": {"content": "b"}}, {"content": "a"}),
        ({"message": None, "delta": {"content": "b"}}, {"content": "b"}),
        ({"text": "a"}, {"content": "a"}),
        ({"text": "a", "message": {}}, {"content": "a"}),
        ({"text": "a", "delta": {"content": "b"}}, {"content": "b"}),
        ({"text": 7}, {}),
        ({"message": "a"}, {}),
        ({}, {}),
    ]:
        with in_row(choice):
            assert message_of(choice) == message


def test_completion_holds_all_that_its_body_holds() -> None:
    call = {"function": {"name": "f", "arguments": ""}}
    body = {
        "id": "c1",
        "created": 3,
        "model": "m",
        "choices": [
            {
                "index": 4,
                "message": {"content": "a", "reasoning_content": "b", "refusal": "c"},
                "finish_reason": "stop",
                "logprobs": {"content": []},
            },
            {"message": {"tool_calls": [call]}, "finish_reason": 7, "logprobs": {}},
            "no choice",
            {"finish_reason": "content_filter"},
        ],
        "usage": {"prompt_tokens": 1},
    }
    made_up = made_up_id(("c1", 3, "r1", 1), 0, "f")
    assert to_completion(body, "r1") == Completion(
        id="c1",
        model="m",
        choices=(
            Choice(4, "a", "b", "c", (), "stop", {"content": []}),
            Choice(1, tool_calls=(ToolCall(made_up, "f", "{}"),), finish_reason="7"),
            Choice(2, finish_reason="content_filter"),
        ),
        usage=Usage(prompt_tokens=1, total_tokens=1, raw={"prompt_tokens": 1}),
        request_id="r1",
        raw=body,
    )


def test_completion_of_nothing() -> None:
    assert to_completion({}, None) == Completion()


def test_facts_and_uncounted_tokens_of_a_completion() -> None:
    body = {
        "id": "msg_1",
        "system_fingerprint": "fp",
        "usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}},
    }
    completion = to_completion(body, None)
    assert completion.facts == {"system_fingerprint": "fp"}
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 8  # Claude's count leaves out what was cached.
    assert choices_in(["no body"]) == []


def test_choice_without_a_message() -> None:
    with pytest.raises(MalformedError, match=r"^a choice holds no message$"):
        to_completion({"choices": [{"finish_reason": "stop"}]}, None)


def test_delta_that_is_no_object() -> None:
    with pytest.raises(MalformedError, match=r"^a delta is list$"):
        delta_of({"delta": ["Hi"]})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"choices": [{"message": {"content": "a b', "a b"),
        (b'{"choices": [{"message": {"content": "a"}}]}', "a"),
    ],
)
def test_partial_completion(body: bytes, text: str) -> None:
    partial = partial_completion(body, "r1")
    assert partial is not None
    assert (partial.text, partial.request_id) == (text, "r1")


@each_row(
    "body", [b"", b"<html>", b'"a', b'{"choices": [', b'{"id": "c1"', b'{"choices": [{"index": 0']
)
def test_no_partial_completion(body: bytes) -> None:
    assert partial_completion(body, None) is None


def test_model_list_leaves_out_what_is_no_model() -> None:
    full = {
        "id": "m1",
        "owned_by": "custom",
        "created": 7,
        "supported_endpoint_types": ["openai", 7, "gemini"],
    }
    bare = {"id": 2, "supported_endpoint_types": None}
    expected = [
        Model("m1", "custom", 7, ("openai", "gemini"), full),
        Model("2", "", 0, (), bare),
    ]
    assert to_models({"data": [full, {"owned_by": "x"}, "m", bare]}) == expected
    assert to_models([full, bare]) == expected
    assert to_models({"data": []}) == []


@each_row("body", [{}, {"data": None}, {"data": {}}, None, "models"])
def test_no_list_of_models(body: Any) -> None:
    with pytest.raises(MalformedError, match=r"^no list of models$"):
        to_models(body)
