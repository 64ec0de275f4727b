"""A completion without text and calls, where tools were offered: an error in both adapters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.exceptions import ModelError
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock

import langchain_ramclouds
import llama_index_ramclouds
from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.adapters.asking import BY_TURNS, Way
from tests.gateway import Gateway, Json, Request, Response, Sse, chunk, completion, text_chunks

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
ASKED = ([HumanMessage("Hi")], [ChatMessage("Hi")])
BEHIND_RESULTS = (
    [
        *ASKED[0],
        AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "c1"}]),
        ToolMessage("seen", tool_call_id="c1"),
    ],
    [
        *ASKED[1],
        ChatMessage(
            role="assistant",
            blocks=[
                TextBlock(text=""),
                ToolCallBlock(tool_call_id="c1", tool_name="look", tool_kwargs={}),
            ],
        ),
        ChatMessage("seen", role="tool", additional_kwargs={"tool_call_id": "c1"}),
    ],
)


@dataclass(frozen=True)
class Row:
    name: str
    content: str | None
    error: str = ""
    """What the message says; empty: it is returned."""
    finish_reason: str = "stop"
    reasoning: str = ""
    retryable: bool = True
    model: str = "gpt-5"
    messages: tuple[Any, Any] = ASKED
    settings: dict[str, Any] = field(default_factory=dict)


LENGTH = {"error": "max_tokens", "finish_reason": "length", "retryable": False}
FILTER = {"error": "Change the messages", "finish_reason": "content_filter", "retryable": False}
BEHIND: dict[str, Any] = {"messages": BEHIND_RESULTS}
CLAUDE: dict[str, Any] = {"model": "claude-sonnet-4-5", **BEHIND}
ROWS = [
    Row("nothing", "", "neither text nor a tool call"),
    Row("null", None, "Ask again"),
    Row("white space", " \n", "neither text"),
    Row("zero-width space", "\u200b", "neither text"),
    Row("thoughts in the text alone", "<think>Hm.</think>\n", "only thoughts: '<think>Hm"),
    Row("thoughts alone", "", "only thoughts: 'Hm.'", reasoning="Hm."),
    Row("all spent on thoughts", "", reasoning="Hm.", **LENGTH),
    Row("filtered", "", **FILTER),
    Row("behind results", "", "neither text", **BEHIND),
    Row("end of Claude's turn", "", **CLAUDE),
    Row("Claude's white space", "\n", "neither text", **CLAUDE),
    Row("Claude's thoughts", "", "only thoughts", reasoning="Hm.", **CLAUDE),
    Row("Claude, at once", "", "neither text", model="claude-sonnet-4-5"),
    Row("returned", "", settings={"on_empty": "return"}),
    Row("text", "Hello."),
]


def answer(row: Row) -> Callable[[Request], Response]:
    def answered(request: Request) -> Response:
        extra = {"reasoning_content": row.reasoning} if row.reasoning else {}
        if not request.json.get("stream"):
            return Json(completion(row.content, finish_reason=row.finish_reason, **extra))
        first = {"role": "assistant", "content": row.content or "", **extra}
        return Sse([chunk(first), chunk({}, row.finish_reason)])

    return answered


PAIRS = [(row, way) for place, row in enumerate(ROWS) for way in BY_TURNS[place % 2]]


@pytest.mark.parametrize(("row", "way"), PAIRS, ids=lambda one: getattr(one, "name", str(one)))
async def test_empty_completion_ends_no_agent_in_silence(
    row: Row,
    way: Way,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.handler = answer(row)
    given = {"tools": [TOOL], **row.settings}
    ours, theirs = chat(model=row.model), llm(model=row.model)
    if row.error:
        with pytest.raises(langchain_ramclouds.EmptyAnswerError, match=row.error) as of_langchain:
            await way.langchain(ours, row.messages[0], **given)
        with pytest.raises(llama_index_ramclouds.EmptyAnswerError, match=row.error) as of_index:
            await way.llama_index(theirs, row.messages[1], **given)
        assert isinstance(of_langchain.value, ModelError)
        assert of_langchain.value.is_retryable is row.retryable is of_index.value.retryable
    else:
        with caplog.at_level(logging.WARNING, "ramclouds"):
            message = await way.langchain(ours, row.messages[0], **given)
            response = await way.llama_index(theirs, row.messages[1], **given)
        assert message.text == response.message.content == row.content
        warned = [one for one in caplog.records if "ended its turn" in one.message]
        assert len(warned) == (2 if row.model.startswith("claude") else 0)


async def test_empty_completion_is_asked_for_again_as_often_as_allowed(
    way: Way,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    left: list[str] = []

    def answered(request: Request) -> Response:
        text = left.pop(0)
        return Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))

    gateway.handler = answered
    for empty, retries in ((2, 2), (2, 1)):
        for ask, model, messages, kind in (
            (way.langchain, chat(empty_retries=retries), ASKED[0], langchain_ramclouds),
            (way.llama_index, llm(empty_retries=retries), ASKED[1], llama_index_ramclouds),
        ):
            left[:] = [" "] * empty + ["Hello."]
            if retries < empty:
                with pytest.raises(kind.EmptyAnswerError):  # type: ignore[attr-defined]
                    await ask(model, messages, tools=[TOOL])
                assert left == ["Hello."]
                continue
            found = await ask(model, messages, tools=[TOOL])
            text = found.text if kind is langchain_ramclouds else found.message.content
            assert text.strip() == "Hello."


async def test_without_tools_an_empty_completion_is_returned(
    way: Way,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    gateway.handler = answer(ROWS[1])
    assert (await way.langchain(chat(), ASKED[0])).text == ""
    assert (await way.llama_index(llm(), ASKED[1])).message.content == ""
