"""What providers refused or never got, in the captures: we do not send it.

Captures that a later change of what is sent must answer stand in `LATER`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, InvalidToolCall, ToolMessage
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client, ConfigurationError
from tests.captures import CAPTURES, Capture, named
from tests.gateway import Gateway, Json, Raw, Sse, completion, text_chunks
from tests.harness import each_row

CLAUDE = "claude-sonnet-4-5"
GEMINI = "gemini-2.5-flash"
DEEPSEEK = "deepseek-v3.2"
ABSENT = "<absent>"
PICTURE = "iVBORw0KGgo="


class Address(BaseModel):
    """An address."""

    street: str


class Person(BaseModel):
    """A person."""

    name: str
    home: Address


BAD_CALL = InvalidToolCall(
    type="invalid_tool_call", name="now", args='{"a', id="c1", error="cut off"
)
GOOD_CALL = {"name": "now", "args": {}, "id": "c1"}
PICTURE_PART = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}


def lc_structured(model: ChatRamClouds) -> None:
    model.with_structured_output(Person).invoke("Who?")


def li_structured(llm: RamClouds) -> None:
    llm.structured_predict(Person, PromptTemplate("Who?"))


def lc_bad_arguments(model: ChatRamClouds) -> None:
    asked = [HumanMessage("Hi"), AIMessage("", invalid_tool_calls=[BAD_CALL])]
    model.invoke([*asked, ToolMessage("No such call.", tool_call_id="c1")])


def li_bad_arguments(llm: RamClouds) -> None:
    call = ToolCallBlock(tool_call_id="c1", tool_name="now", tool_kwargs='{"a')
    result = ChatMessage("No.", role="tool", additional_kwargs={"tool_call_id": "c1"})
    llm.chat([ChatMessage("Hi"), ChatMessage(role="assistant", blocks=[call]), result])


def lc_picture_of_a_tool(model: ChatRamClouds) -> None:
    parts: list[str | dict[Any, Any]] = [{"type": "text", "text": "See."}, PICTURE_PART]
    called = AIMessage("", tool_calls=[{**GOOD_CALL, "type": "tool_call"}])  # type: ignore[list-item]
    model.invoke([HumanMessage("Hi"), called, ToolMessage(parts, tool_call_id="c1")])


def li_picture_of_a_tool(llm: RamClouds) -> None:
    call = ToolCallBlock(tool_call_id="c1", tool_name="now", tool_kwargs={})
    blocks = [
        TextBlock(text="See."),
        ImageBlock(image=PICTURE.encode(), image_mimetype="image/png"),
    ]
    result = ChatMessage(role="tool", blocks=blocks, additional_kwargs={"tool_call_id": "c1"})
    llm.chat([ChatMessage("Hi"), ChatMessage(role="assistant", blocks=[call]), result])


def no_response_format(body: dict[str, Any]) -> bool:
    return "response_format" not in body


def no_schema_as_format(body: dict[str, Any]) -> bool:
    return body.get("response_format") in (None, {"type": "json_object"})


def no_tools(body: dict[str, Any]) -> bool:
    return "tools" not in body


def arguments_are_objects(body: dict[str, Any]) -> bool:
    calls = [call for message in body["messages"] for call in message.get("tool_calls") or []]
    return all(isinstance(json.loads(one["function"]["arguments"]), dict) for one in calls)


def tool_results_are_text(body: dict[str, Any]) -> bool:
    results = [one for one in body["messages"] if one["role"] == "tool"]
    return bool(results) and all(isinstance(one["content"], str) for one in results)


@dataclass(frozen=True)
class Row:
    capture: str
    model: str
    langchain: Callable[[ChatRamClouds], None]
    llama_index: Callable[[RamClouds], None]
    holds: Callable[[dict[str, Any]], bool]

    def __str__(self) -> str:
        return self.capture


ROWS = [
    Row("claude-req-response-format", CLAUDE, lc_structured, li_structured, no_response_format),
    Row("deepseek-400-json-schema", DEEPSEEK, lc_structured, li_structured, no_schema_as_format),
    Row("gemini-req-format-and-tools-m", GEMINI, lc_structured, li_structured, no_tools),
    Row(
        "claude-req-tool-args-bad-m",
        CLAUDE,
        lc_bad_arguments,
        li_bad_arguments,
        arguments_are_objects,
    ),
    Row(
        "claude-req-tool-result-list",
        CLAUDE,
        lc_picture_of_a_tool,
        li_picture_of_a_tool,
        tool_results_are_text,
    ),
]


@pytest.fixture
def calling(gateway: Gateway) -> Gateway:
    """A gateway whose model calls `Person`, or writes one where it has no tools."""
    person = json.dumps({"name": "A", "home": {"street": "B"}})
    call = {"id": "c1", "type": "function", "function": {"name": "Person", "arguments": person}}
    gateway.handler = lambda asked: Json(
        completion("", tool_calls=[call]) if "tools" in asked.json else completion(person)
    )
    return gateway


@each_row("row", ROWS, ids=str)
def test_langchain_does_not_send_it(
    calling: Gateway, chat: Callable[..., ChatRamClouds], row: Row
) -> None:
    row.langchain(chat(model=row.model))
    assert row.holds(calling.requests[0].json)


@each_row("row", ROWS, ids=str)
def test_llama_index_does_not_send_it(
    calling: Gateway, llm: Callable[..., RamClouds], row: Row
) -> None:
    row.llama_index(llm(model=row.model))
    assert row.holds(calling.requests[0].json)


# The client finds these before anything is sent, or has no such argument.
CLIENT_REFUSES = {"odd-max-tokens-neg-m": "max_tokens", "wrong-type-m": "temperature"}


@pytest.mark.parametrize("name", CLIENT_REFUSES)
def test_client_does_not_send_a_value_that_the_gateway_refused(gateway: Gateway, name: str) -> None:
    argument = CLIENT_REFUSES[name]
    with (
        Client(api_key="test-key", base_url=gateway.base_url) as client,
        pytest.raises(ConfigurationError, match=argument),
    ):
        client.complete(**{**named(name).request, "model": "gpt-5"})
    assert gateway.requests == []


def test_no_stream_asks_that_usage_be_left_out(gateway: Gateway) -> None:
    """`deepseek-stream-include-usage-false`: the finish reason was held back with the usage."""
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        asked = named("deepseek-stream-include-usage-false").request
        list(client.stream(model="gpt-5", messages=asked["messages"], stream_usage=False))
    assert "stream_options" not in gateway.last.json


def test_client_sends_one_name_for_the_most_tokens(gateway: Gateway) -> None:
    """`params-openai-gpt-5-m`: with both names the vendor refuses the request."""
    messages = [{"role": "user", "content": "Hi"}]
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        with pytest.raises(ConfigurationError, match="one limit"):
            client.complete(model="gpt-5", messages=messages, max_tokens=9, max_completion_tokens=9)
        extra = {"max_completion_tokens": 8}
        client.complete(model="gpt-5", messages=messages, max_tokens=9, extra_body=extra)
    assert {"max_tokens", "max_completion_tokens"} & gateway.last.json.keys() == extra.keys()


def test_whole_completion_is_asked_for_as_a_stream_where_nothing_else_is_taken(
    gateway: Gateway,
) -> None:
    refusal = named("codex-400-stream-must-be-true")
    gateway.reply(Raw(refusal.data), Sse(text_chunks("Hi")))
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        asked = client.complete(**refusal.request)
    assert asked.text == "Hi"
    assert ["stream" in request.json for request in gateway.requests] == [False, True]


def roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


def neighbours_are_joined(body: dict[str, Any]) -> bool:
    return all(one != other or one == "tool" for one, other in pairwise(roles(body)))


def calls_are_open_nowhere(body: dict[str, Any]) -> bool:
    calls = [call["id"] for one in body["messages"] for call in one.get("tool_calls", ())]
    return calls == [one["tool_call_id"] for one in body["messages"] if one["role"] == "tool"]


def has_no_blank(body: dict[str, Any]) -> bool:
    contents = [one["content"] for one in body["messages"] if one["role"] != "tool"]
    return all(content is None or str(content).strip() for content in contents)


def required_is_a_list(body: dict[str, Any]) -> bool:
    schemas = [tool["function"]["parameters"] for tool in body["tools"]]
    return all(isinstance(schema["required"], list) for schema in schemas)


def has_googles_keywords_alone(body: dict[str, Any]) -> bool:
    asked = [tool["function"]["parameters"] for tool in body.get("tools", ())]
    asked += [body["response_format"]["json_schema"]["schema"]] if "response_format" in body else []
    text = json.dumps(asked)
    foreign = "$ref $defs const oneOf allOf additionalProperties exclusiveMinimum uniqueItems"
    formats = re.findall(r'"format": "([^"]*)"', text)
    return not (
        any(f'"{key}":' in text for key in foreign.split())
        or '"type": "null"' in text
        or set(formats) - {"date-time"}
    )


# What a request becomes by the dialect of its model, before it is sent.
FITTED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "claude-req-assistant-assistant-calls": calls_are_open_nowhere,
    "claude-req-assistant-empty-m": lambda body: has_no_blank(body) and neighbours_are_joined(body),
    "claude-req-effort-high-temperature": lambda body: (
        "temperature" not in body and body["max_tokens"] == 5096
    ),
    "claude-req-sampling": lambda body: "top_p" not in body and body["temperature"] == 0.2,
    "claude-req-thinking-tools-second-turn": lambda body: "reasoning_content" not in str(body),
    "claude-req-tool-loop-whitespace": has_no_blank,
    "claude-req-user-user": neighbours_are_joined,
    "claude-req-tool-required-null": required_is_a_list,
    "deepseek-400-tool-choice": lambda body: body["tool_choice"] == "auto",
    "gemini-req-format-ref-m": has_googles_keywords_alone,
    "gemini-req-tool-keywords-m": has_googles_keywords_alone,
    "gemini-req-tool-optional-m": has_googles_keywords_alone,
    "gemini-req-tool-ref-m": has_googles_keywords_alone,
    "gemini-req-messages-only-system-m": lambda body: roles(body) == ["user"],
    "gemini-req-video-object-m": lambda body: isinstance(
        body["messages"][0]["content"][1]["video_url"], str
    ),
    "kimi-400-reasoning-missing-earlier-turn": lambda body: all(
        one.get("reasoning_content") for one in body["messages"] if one.get("tool_calls")
    ),
    "params-codex-m": lambda body: body["stream"] is True and "stop" not in body,
    "params-glm-m": lambda body: "response_format" not in body and isinstance(body["stop"], str),
    "params-mistral-m": lambda body: (
        "response_format" not in body
        and not any("reasoning_details" in one for one in body["messages"])
    ),
}


@each_row("name", FITTED)
def test_client_fits_it_to_the_model(gateway: Gateway, name: str) -> None:
    gateway.handler = lambda asked: (
        Sse(text_chunks("Hi")) if asked.json.get("stream") else Json(completion("Hi"))
    )
    body = dict(named(name).request)
    model, messages = body.pop("model"), body.pop("messages")
    for key in ("stream", "max_completion_tokens"):
        body.pop(key, None)
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        client.complete(model=model, messages=messages, extra_body=body, dialect="auto")
    assert FITTED[name](gateway.last.json)


SENT_HERE = {
    "codex-400-stream-must-be-true",
    "params-openai-gpt-5-m",
    "deepseek-stream-include-usage-false",
}
# What the one table of dialects must change before sending.
LATER = {
    "gemini-req-params-all-m": "Say which settings do not arrive.",
    "params-ali-m": "Say which settings do not arrive.",
    "params-openai-gpt-4o-m": "Say which settings do not arrive.",
    "params-openrouter-m": "Say which settings do not arrive.",
    "zeros-ali-m": "Say that top_p 0 is sent as 0.001.",
}


def test_each_capture_of_a_request_is_answered_now_or_later() -> None:
    about_requests = {
        one.name for one in CAPTURES if "sent" in one.expect or "refused_by" in one.expect
    }
    now = {row.capture for row in ROWS} | CLIENT_REFUSES.keys() | FITTED.keys() | SENT_HERE
    assert about_requests <= now | LATER.keys()
    assert not now & LATER.keys()


@each_row("capture", [c for c in CAPTURES if "sent" in c.expect], ids=lambda c: c.name)
def test_provider_received_what_the_capture_says(capture: Capture) -> None:
    received = capture.upstream[0]["body"]
    found = {pointer: at(pointer, received) for pointer in capture.expect["sent"]}
    assert found == capture.expect["sent"]


def at(pointer: str, value: Any) -> Any:
    """What stands at a JSON pointer."""
    for key in pointer.removeprefix("/").split("/"):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else ABSENT
        else:
            value = value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
    return value
