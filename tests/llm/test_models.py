"""The models of the plugin in Python, sync and async."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.gateway import Gateway, Json, call, completion

NAME = "ramclouds/claude-sonnet-4-5"


def asked(is_async: bool, *prompt: str, name: str = NAME, **kwargs: Any) -> list[Any]:
    """The responses of a chain, drained."""
    import llm

    if not is_async:
        chain = llm.get_model(name).chain(*prompt, **kwargs)
        chain.text()
        return list(chain._responses)

    async def drained() -> list[Any]:
        chain = llm.get_async_model(name).chain(*prompt, **kwargs)
        await chain.text()
        return [await one.to_sync_response() for one in chain._responses]

    return asyncio.run(drained())


EACH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
WAYS = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


def multiply(a: int, b: int) -> str:
    """Multiplies."""
    return str(a * b)


@EACH
@WAYS
def test_agent_ends_with_the_tools_result(gateway: Gateway, is_async: bool, stream: bool) -> None:
    first, last = asked(is_async, "Multiply 6 and 7.", tools=[multiply], stream=stream)

    assert first.tool_calls()[0].name == "multiply"
    assert last.text().startswith("The result is")
    assert first.usage().input


@pytest.mark.parametrize("author", ["gemini-3-pro-preview", "gpt-5.1"])
def test_signature_of_a_call_goes_back_to_its_author_alone(gateway: Gateway, author: str) -> None:
    extra = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    made = call("multiply", {"a": 6, "b": 7}, **extra)
    gateway.reply(Json(completion(None, tool_calls=[made], model=author)), Json(completion("42")))
    asked(
        False, "6 times 7?", name="ramclouds/gemini-3-pro-preview", tools=[multiply], stream=False
    )

    (sent,) = gateway.last.json["messages"][1]["tool_calls"]
    assert ("extra_content" in sent) == (author == "gemini-3-pro-preview")


def test_reasoning_of_a_tool_loop_goes_back(gateway: Gateway) -> None:
    made = completion(
        None,
        model="kimi-k2-thinking",
        tool_calls=[call("multiply", {"a": 6, "b": 7})],
        reasoning_content="I multiply.",
    )
    gateway.reply(Json(made), Json(completion("42")))
    asked(False, "6 times 7?", name="ramclouds/kimi-k2-thinking", tools=[multiply], stream=False)

    assert gateway.last.json["messages"][1]["reasoning_content"] == "I multiply."


@EACH
def test_broken_arguments_run_no_tool(gateway: Gateway, is_async: bool) -> None:
    import llm

    ran: list[int] = []
    cut = call("note", '{"a": 1')
    gateway.reply(Json(completion(None, tool_calls=[cut], finish_reason="length")))

    def note(a: int) -> str:
        """Notes."""
        ran.append(a)
        return "noted"

    with pytest.raises(llm.ModelError, match="note"):
        asked(is_async, "Note 1.", tools=[note], stream=False)
    assert ran == []


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (completion("I cannot."), "It is text without JSON"),
        (completion('{"name": "Rex"', finish_reason="length"), "max_tokens"),
        (completion('{"name": 3}'), "not of type 'string'"),
    ],
)
def test_value_that_does_not_fit_is_an_error(
    gateway: Gateway, reply: dict[str, Any], says: str
) -> None:
    import llm

    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    # Text without JSON is asked for once more, through the prompt.
    gateway.handler = lambda request: Json(reply)

    with pytest.raises(llm.ModelError, match=says):
        asked(False, "A dog", name="ramclouds/gpt-5.1", schema=schema, stream=False)


def test_value_that_is_no_object_is_unwrapped(gateway: Gateway) -> None:
    gateway.reply(Json(completion('{"value": [1, 2]}')))
    schema = {"type": "array", "items": {"type": "integer"}}

    (response,) = asked(False, "Count", name="ramclouds/gpt-5.1", schema=schema, stream=False)

    assert response.text() == "[1, 2]"


def test_ignored_schema_is_asked_for_through_the_prompt(gateway: Gateway) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    gateway.reply(Json(completion("A dog.")), Json(completion('{"name": "Rex"}')))

    (response,) = asked(False, "A dog", name="ramclouds/gpt-5.1", schema=schema, stream=False)

    assert response.text() == '{"name": "Rex"}'
    assert "response_format" not in gateway.last.json


def test_tools_go_through_the_prompt_on_request(gateway: Gateway) -> None:
    gateway.model.dropped = frozenset({"tools", "tool_choice"})

    first, *_ = asked(
        False, "Multiply 6 and 7.", tools=[multiply], options={"tool_calling": "prompted"}
    )

    assert first.tool_calls()[0].name == "multiply"
    assert "tools" not in gateway.bodies[0]


def test_audio_and_video_have_forms_of_their_own(gateway: Gateway) -> None:
    import llm

    attachments = [
        llm.Attachment(type="audio/mpeg", content=b"ID3"),
        llm.Attachment(type="video/mp4", url="https://example.com/a.mp4"),
    ]
    asked(False, "What is it?", name="ramclouds/gemini-2.5-pro", attachments=attachments)

    _, audio, video = gateway.last.json["messages"][-1]["content"]
    assert audio == {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}}
    # What the dialect of Gemini makes of it.
    assert video == {"type": "video_url", "video_url": "https://example.com/a.mp4"}
