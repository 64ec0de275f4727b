"""What goes over the wire in each mode, and what comes back; sync and async."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ramclouds import BadRequestError, Completion, Usage
from ramclouds.prompted import AsyncPromptingClient, PromptingClient, ToolMode, grammar_format
from tests.client.asking import Asking
from tests.gateway import (
    Gateway,
    Json,
    Sse,
    Stall,
    call,
    completion,
    error,
    text_chunks,
    tool_chunks,
)
from tests.harness import EACH_TWIN, Twin, each_row, in_row
from tests.unit.prompted.reading import TOOLS, merged, parts_in

pytestmark = EACH_TWIN

DOCUMENTED = {
    *("model", "messages", "stream", "temperature", "max_tokens", "top_p"),
    *("frequency_penalty", "presence_penalty", "stop"),
}
MESSAGES = [{"role": "user", "content": "Weather in Hanoi?"}]
ASK: dict[str, Any] = {"model": "gpt-5", "messages": MESSAGES, "tools": TOOLS}
FORCED: dict[str, Any] = {**ASK, "tool_choice": "required"}
AS_JSON: dict[str, Any] = {
    "model": "gpt-5",
    "messages": MESSAGES,
    "response_format": {"type": "json_object"},
}
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Hanoi"}}\n</tool_call>'
NATIVE_CALL = call("get_weather", {"city": "Hanoi"})
SAID = [("get_weather", '{"city": "Hanoi"}')]
OBJECT = '{"city": "Hanoi"}'
# What is asked for natively, what the model writes where it is asked in words, and what that is.
WITHOUT_EFFECT: list[tuple[dict[str, Any], str, list[Any]]] = [
    (FORCED, CALL, SAID),
    (AS_JSON, OBJECT, [OBJECT]),
]


@pytest.fixture
def asking(twin: Twin, gateway: Gateway) -> Iterator[Callable[..., Asking]]:
    with ExitStack() as stack:

        def make(**mode: Any) -> Asking:
            made = Asking(twin, gateway.base_url, ToolMode(**mode))
            stack.callback(made.close)
            return made

        yield make


def said(answer: Completion) -> list[Any]:
    calls = [(one.name, one.arguments) for one in answer.tool_calls]
    return [answer.text, *calls] if answer.text else calls


def is_in_words(body: Any) -> bool:
    return "tools" not in body and "<tool_call>" in body["messages"][0]["content"]


def test_prompted_request_holds_documented_fields_only(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    gateway.reply(Json(completion(f"Let me see.\n{CALL}")), Sse(text_chunks(f"Sure. {CALL}")))
    client = asking(tool_calling="prompted")
    whole = client.complete(**FORCED)
    assert said(whole) == ["Let me see.", *SAID]
    assert whole.finish_reason == "tool_calls"
    assert parts_in(client.stream(**FORCED)) == ["Sure.", *SAID]
    for body in gateway.bodies:
        assert isinstance(body, dict)
        assert body.keys() <= DOCUMENTED
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        assert all(isinstance(message["content"], str) for message in body["messages"])


def test_streamed_calls_are_those_of_the_whole_answer(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    client = asking(tool_calling="prompted")
    gateway.reply(Json(completion(CALL)), Sse(text_chunks(CALL)))
    whole, chunks = client.complete(**ASK), client.stream(**ASK)
    [delta] = [part for part in merged(chunks) if not isinstance(part, str)]
    assert (delta.id, delta.name, delta.arguments) == (
        whole.tool_calls[0].id,
        whole.tool_calls[0].name,
        whole.tool_calls[0].arguments,
    )
    assert chunks[-1].finish_reason == whole.finish_reason == "tool_calls"
    assert isinstance(chunks[-1].usage, Usage)


def test_grammar_sends_its_schema(gateway: Gateway, asking: Callable[..., Asking]) -> None:
    gateway.reply(Json(completion('{"text": "It is hot."}')))
    assert said(asking(tool_calling="grammar").complete(**ASK)) == ["It is hot."]
    assert gateway.last.json["response_format"] == grammar_format(TOOLS)
    assert "tools" not in gateway.last.json


def test_native_requests_go_as_they_are(gateway: Gateway, asking: Callable[..., Asking]) -> None:
    for mode in [{}, {"tool_calling": "native"}]:
        with in_row(mode):
            gateway.forget()
            gateway.reply(Json(completion(CALL)), Sse(text_chunks(CALL)))
            client = asking(**mode)
            assert said(client.complete(**FORCED)) == [CALL]
            assert parts_in(client.stream(**FORCED)) == [CALL]
            assert [request.json["tool_choice"] for request in gateway.requests] == ["required"] * 2


def test_request_without_effect_is_sent_once_more_through_the_prompt(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    for params, answer, expected in WITHOUT_EFFECT:
        with in_row(params):
            gateway.forget()
            client = asking(on_unsupported="fallback")
            gateway.reply(Json(completion("It is hot.")), *[Json(completion(answer))] * 3)
            assert said(client.complete(**params)) == expected
            # Remembered for this model, and for no other.
            assert said(client.complete(**params)) == expected
            client.complete(**{**params, "model": "gpt-5.1"})
            asked = [
                {"tool_choice", "response_format"} & request.json.keys()
                for request in gateway.requests
            ]
            native = {"tool_choice"} if params is FORCED else {"response_format"}
            assert asked == [native, set(), set(), native, *([set()] if params is FORCED else [])]


def test_refused_tools_are_asked_for_through_the_prompt(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    refusal = Json(error("'tools' is not supported with this model", code=None), 400)
    gateway.reply(refusal, Json(completion(CALL)), refusal, Sse(text_chunks(CALL)))
    assert said(asking(on_unsupported="fallback").complete(**ASK)) == SAID
    assert parts_in(asking(on_unsupported="fallback").stream(**ASK)) == SAID
    assert [is_in_words(body) for body in gateway.bodies] == [False, True, False, True]


def test_refusal_is_remembered_with_the_thinking_that_met_it(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    refusal = Json(error("'tools' is not supported while thinking", code=None), 400)
    gateway.reply(refusal, *[Json(completion(CALL))] * 3)
    client = asking(on_unsupported="fallback")
    for effort in ("low", "low", None):
        client.complete(**ASK, reasoning_effort=effort)
    assert [is_in_words(body) for body in gateway.bodies] == [False, True, True, False]


def test_other_refusals_are_raised(gateway: Gateway, asking: Callable[..., Asking]) -> None:
    gateway.reply(Json(error("temperature must be 1", code=None), 400))
    with pytest.raises(BadRequestError, match="temperature"):
        asking(on_unsupported="fallback").complete(**ASK)
    assert len(gateway.bodies) == 1


def test_model_that_fell_back_gets_what_needs_no_words_as_it_is(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    seen = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]
    gateway.reply(Json(completion("Sunny.")), Json(completion(CALL)), Json(completion("A dot.")))
    client = asking(on_unsupported="fallback")
    client.complete(**FORCED)
    assert client.complete(model="gpt-5", messages=seen).text == "A dot."
    assert gateway.last.json == {"model": "gpt-5", "messages": seen}


def test_stream_without_effect_is_not_seen(gateway: Gateway, asking: Callable[..., Asking]) -> None:
    for params, answer, expected in WITHOUT_EFFECT:
        with in_row(params):
            gateway.forget()
            client = asking(on_unsupported="fallback")
            gateway.reply(Sse(text_chunks("It is hot.")), *[Sse(text_chunks(answer))] * 2)
            assert parts_in(client.stream(**params)) == expected
            assert parts_in(client.stream(**params)) == expected
            assert len(gateway.requests) == 3


def test_stream_with_effect_passes(gateway: Gateway, asking: Callable[..., Asking]) -> None:
    for params, events, expected in [
        (FORCED, tool_chunks(NATIVE_CALL, text="Sure."), ["Sure.", *SAID]),
        (AS_JSON, text_chunks('{"city": "Hanoi"}'), ['{"city": "Hanoi"}']),
        (AS_JSON, text_chunks('Here: {"city": "Hanoi"}'), ['Here: {"city": "Hanoi"}']),
        (FORCED, text_chunks("It is", finish_reason="length"), ["It is"]),
        (ASK, text_chunks("It is hot."), ["It is hot."]),
    ]:
        with in_row(params):
            gateway.forget()
            gateway.reply(Sse(events))
            assert parts_in(asking(on_unsupported="fallback").stream(**params)) == expected
            assert len(gateway.requests) == 1


@each_row(
    ("mode", "params", "text"),
    [
        ({"tool_calling": "prompted"}, ASK, "Hello"),
        ({"on_unsupported": "fallback"}, AS_JSON, "{"),
    ],
    ids=["prompted", "watched"],
)
def test_leaving_a_stream_closes_its_connection(
    mode: dict[str, Any],
    params: dict[str, Any],
    text: str,
    gateway: Gateway,
    asking: Callable[..., Asking],
) -> None:
    events = text_chunks(text)
    gateway.reply(Sse([*events[:2], Stall()]))
    assert asking(**mode).first(**params).text == text
    gateway.wait_closed()


def test_history_is_prompted_also_without_tools(
    gateway: Gateway, asking: Callable[..., Asking]
) -> None:
    history = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [NATIVE_CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "31 °C"},
    ]
    gateway.reply(Json(completion("31 °C")))
    asking(tool_calling="prompted").complete(model="gpt-5", messages=history)
    assert gateway.last.json["messages"] == [
        *MESSAGES,
        {"role": "assistant", "content": CALL},
        {
            "role": "user",
            "content": '<tool_response name="get_weather">\n31 °C\n</tool_response>',
        },
    ]


def test_both_clients_are_one() -> None:
    def methods(client: type) -> dict[str, str]:
        source = re.sub(r"async |await |Async|\ba(?=closing)", "", inspect.getsource(client))
        source = re.sub(r"Generator\[Chunk, None(, None)?\]", "Generator[Chunk]", source)
        # An async generator has no `yield from`.
        source = re.sub(r"for (\w+) in (.+):\n +yield \1\n", r"yield from \2\n", source)
        [tree] = ast.parse(source).body
        assert isinstance(tree, ast.ClassDef)
        defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        return {node.name: ast.unparse(node) for node in defined}

    assert methods(PromptingClient) == methods(AsyncPromptingClient)
