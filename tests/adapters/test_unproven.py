"""A completion that may be cut off although it has a finish reason says so in both adapters."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.adapters.asking import Way
from tests.captures.capture import named
from tests.gateway import Gateway, Raw, Request


async def test_completion_whose_end_nothing_proves_is_marked(
    way: Way,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    streamed = named("responses-stream-whole-without-usage-m")
    whole = named("responses-json-failed-m")

    def answer(request: Request) -> Raw:
        return Raw((streamed if request.json.get("stream") else whole).data)

    gateway.handler = answer
    message = await way.langchain(chat(), [HumanMessage("Hi")])
    response = await way.llama_index(llm(), [ChatMessage("Hi")])
    assert message.response_metadata["unproven"] is True
    assert response.additional_kwargs["unproven"] is True


async def test_ordinary_completion_is_not_marked(
    way: Way,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    message = await way.langchain(chat(), [HumanMessage("Hi")])
    response = await way.llama_index(llm(), [ChatMessage("Hi")])
    assert "unproven" not in message.response_metadata
    assert "unproven" not in response.additional_kwargs
