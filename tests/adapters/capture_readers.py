"""Both adapters as readers of captures, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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
from tests.captures import Capture, Outcome, ReplayTransport, Splitting

Read = Callable[[Capture, httpx.Client, httpx.AsyncClient, str], Awaitable[Outcome]]


def read_by(reader: Read, capture: Capture, split: Splitting) -> Outcome:
    """What an adapter makes of a capture, and of those that it must have read before."""
    return asyncio.run(_read_by(reader, capture, split))


async def _read_by(reader: Read, capture: Capture, split: Splitting) -> Outcome:
    transport = ReplayTransport([*capture.before, capture], split)
    url = f"http://{capture.name}-{reader.__name__}-{split}.localhost/v1".lower()
    url = url.replace("_", "-")
    with httpx.Client(transport=transport) as http:
        async with httpx.AsyncClient(transport=transport) as ahttp:
            for one in capture.before:
                await _outcome(reader, one, http, ahttp, url)
            return await _outcome(reader, capture, http, ahttp, url)


async def _outcome(
    reader: Read, capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    try:
        return await reader(capture, http, ahttp, url)
    except RamCloudsError as exc:
        return Outcome(error=exc)


async def langchain(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """`invoke`, or the sum of what `stream` gives."""
    model = _langchain(capture, http, ahttp, url)
    asked = [HumanMessage("Hi")]
    if not capture.is_stream:
        return of_message(model.invoke(asked, **_tools(capture)))
    first, *rest = list(model.stream(asked, **_tools(capture)))
    return of_message(first + rest if rest else first)


async def langchain_async(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """`ainvoke`, or the sum of what `astream` gives."""
    model = _langchain(capture, http, ahttp, url)
    asked = [HumanMessage("Hi")]
    if not capture.is_stream:
        return of_message(await model.ainvoke(asked, **_tools(capture)))
    first, *rest = [chunk async for chunk in model.astream(asked, **_tools(capture))]
    return of_message(first + rest if rest else first)


async def llama_index(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """`chat`, or the last response of `stream_chat`."""
    llm = _llama_index(capture, http, ahttp, url)
    asked = [ChatMessage("Hi")]
    if not capture.is_stream:
        return of_response(llm.chat(asked, **_tools(capture)))
    return of_response(list(llm.stream_chat(asked, **_tools(capture)))[-1])


async def llama_index_async(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> Outcome:
    """`achat`, or the last response of `astream_chat`."""
    llm = _llama_index(capture, http, ahttp, url)
    asked = [ChatMessage("Hi")]
    if not capture.is_stream:
        return of_response(await llm.achat(asked, **_tools(capture)))
    stream = await llm.astream_chat(asked, **_tools(capture))
    return of_response([response async for response in stream][-1])


def _settings(capture: Capture, url: str) -> dict[str, Any]:
    model = capture.request.get("model", "gpt-5")
    settings = {"model": model, "api_key": "test-key", "base_url": url, "max_retries": 0}
    return {**settings, "think_tags": True, "on_invalid_tool_calls": "return"}


def _langchain(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> ChatRamClouds:
    clients: dict[str, Any] = {"http_client": http, "http_async_client": ahttp}
    return ChatRamClouds(**_settings(capture, url), **clients)


def _llama_index(
    capture: Capture, http: httpx.Client, ahttp: httpx.AsyncClient, url: str
) -> RamClouds:
    clients: dict[str, Any] = {"http_client": http, "async_http_client": ahttp}
    return RamClouds(**_settings(capture, url), **clients)


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
