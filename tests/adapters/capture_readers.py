"""Both adapters as readers of captures, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from tests.adapters.asking import Way
from tests.captures import Capture, Outcome, ReplayTransport


async def langchain(
    way: Way, capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """What `ChatRamClouds` makes of a capture."""
    clients: dict[str, Any] = {"http_client": http, "http_async_client": ahttp}
    model = ChatRamClouds(**_settings(capture, url), **clients)
    return of_message(await way.langchain(model, [HumanMessage("Hi")], **_tools(capture)))


async def llama_index(
    way: Way, capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """What `RamClouds` makes of a capture."""
    clients: dict[str, Any] = {"http_client": http, "async_http_client": ahttp}
    llm = RamClouds(**_settings(capture, url), **clients)
    return of_response(await way.llama_index(llm, [ChatMessage("Hi")], **_tools(capture)))


READERS = (langchain, llama_index)


def read_by(reader: Any, capture: Capture, *, is_async: bool) -> Outcome:
    """What an adapter makes of a capture, and of those that it must have read before."""
    return asyncio.run(_read_by(reader, capture, is_async))


async def _read_by(reader: Any, capture: Capture, is_async: bool) -> Outcome:
    transport = ReplayTransport([*capture.before, capture], "as_is")
    name = reader.__name__.replace("_", "-")
    url = f"http://{capture.name}-{name}-{is_async}.localhost/v1".lower()
    outcome = Outcome()
    with httpx.Client(transport=transport) as http:
        async with httpx.AsyncClient(transport=transport) as ahttp:
            for one in (*capture.before, capture):
                try:
                    outcome = await reader(Way(is_async, one.is_stream), one, http, ahttp, url)
                except RamCloudsError as exc:
                    outcome = Outcome(error=exc)
    return outcome


def _settings(capture: Capture, url: str) -> dict[str, Any]:
    model = capture.request.get("model", "gpt-5")
    settings = {"model": model, "api_key": "test-key", "base_url": url, "max_retries": 0}
    return {**settings, "think_tags": True, "on_invalid_tool_calls": "return"}


def _tools(capture: Capture) -> dict[str, Any]:
    if not capture.request.get("tools"):
        return {}
    return {"tools": capture.request["tools"], "on_empty": "return"}


def of_message(message: AIMessage) -> Outcome:
    """LangChain's message, whole or added up."""
    usage = message.usage_metadata
    return Outcome(
        text=str(message.text),
        reasoning=message.additional_kwargs.get("reasoning_content", ""),
        tool_calls=[(call["id"] or "", call["name"], call["args"]) for call in message.tool_calls],
        invalid_tool_calls=[
            (call["id"] or "", call["name"] or "", call["args"] or "")
            # A stream keeps the exact text there: its chunks add up to one that no parser takes.
            for call in message.additional_kwargs.get("invalid_tool_calls")
            or message.invalid_tool_calls
        ],
        finish=message.response_metadata.get("finish_reason"),
        usage=None
        if usage is None
        else {
            "input": usage["input_tokens"],
            "output": usage["output_tokens"],
            "reasoning": usage.get("output_token_details", {}).get("reasoning", 0),
            "cached": usage.get("input_token_details", {}).get("cache_read", 0),
        },
    )


def of_response(response: ChatResponse) -> Outcome:
    """LlamaIndex's response; cached and reasoning tokens stand in its `raw` alone, as sent."""
    blocks = response.message.blocks
    facts = response.additional_kwargs
    return Outcome(
        text="".join(block.text for block in blocks if isinstance(block, TextBlock)),
        reasoning="".join(b.content or "" for b in blocks if isinstance(b, ThinkingBlock)),
        tool_calls=[
            (block.tool_call_id or "", block.tool_name, block.tool_kwargs)
            for block in blocks
            if isinstance(block, ToolCallBlock)
        ],
        invalid_tool_calls=[
            (call["id"], call["name"], call["arguments"])
            for call in response.message.additional_kwargs.get("invalid_tool_calls", [])
        ],
        finish=facts.get("finish_reason"),
        usage={
            "input": facts.get("prompt_tokens", 0),
            "output": facts.get("completion_tokens", 0),
            "reasoning": _detail(response, "completion_tokens_details", "reasoning_tokens"),
            "cached": _detail(response, "prompt_tokens_details", "cached_tokens"),
        },
    )


def _detail(response: ChatResponse, details: str, name: str) -> int:
    usage = (response.raw or {}).get("usage") or {}
    return int((usage.get(details) or {}).get(name) or 0)
