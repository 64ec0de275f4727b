"""The client's types, as a user's code sees them."""

from __future__ import annotations

from typing import Any

import httpx
from typing_extensions import assert_type

from ramclouds import (
    AsyncClient,
    Choice,
    Chunk,
    Client,
    Completion,
    Embeddings,
    InvalidToolCall,
    Model,
    ModelFacts,
    RamCloudsError,
    ToolCall,
    ToolCallDelta,
    Usage,
    model_facts,
)
from ramclouds.local import Endpoint, LocalServer, local_or_remote
from ramclouds.prompted import PromptingClient, ToolMode

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]


def settings() -> None:
    Client(
        api_key="key",
        base_url="https://ramclouds.me/v1",
        timeout=httpx.Timeout(10),
        max_retries=3,
        default_headers={"X-Team": "a"},
    )
    Client(retries=3)  # type: ignore[call-arg]


def completions(client: Client) -> None:
    completion = client.complete(model="gpt-5", messages=MESSAGES, temperature=0, stop=["\n"])
    assert_type(completion, Completion)
    assert_type(completion.text, str)
    assert_type(completion.reasoning, str)
    assert_type(completion.choices, tuple[Choice, ...])
    assert_type(completion.tool_calls, tuple[ToolCall, ...])
    assert_type(completion.invalid_tool_calls, tuple[InvalidToolCall, ...])
    assert_type(completion.usage, Usage | None)
    assert_type(completion.finish_reason, str | None)
    client.complete(model="gpt-5", messages=MESSAGES, temperature="hot")  # type: ignore[arg-type]
    client.complete(model="gpt-5", messages=MESSAGES, temprature=0)  # type: ignore[call-arg]


def embeddings(client: Client) -> None:
    assert_type(client.embed(model="text-embedding-3-small", input=["Hi"]), Embeddings)


def streams(client: Client) -> None:
    for chunk in client.stream(model="gpt-5", messages=MESSAGES, max_tokens=5):
        assert_type(chunk, Chunk)
        assert_type(chunk.text, str)
        assert_type(chunk.tool_calls, tuple[ToolCallDelta, ...])


async def without_blocking() -> None:
    async with AsyncClient() as client:
        assert_type(await client.complete(model="gpt-5", messages=MESSAGES), Completion)
        async for chunk in client.stream(model="gpt-5", messages=MESSAGES):
            assert_type(chunk, Chunk)
        assert_type(await client.models(), list[Model])


def errors(error: RamCloudsError) -> None:
    assert_type(error.retryable, bool)
    assert_type(error.retry_after, float | None)
    assert_type(error.request_id, str | None)
    assert_type(error.status_code, int | None)
    assert_type(error.partial, Completion | Embeddings | None)


def facts() -> None:
    assert_type(model_facts("gpt-5"), ModelFacts)
    assert_type(model_facts("gpt-5").context_window, int)


def local() -> None:
    with LocalServer() as server:
        assert_type(server, LocalServer)
        assert_type(server.base_url, str)
    with local_or_remote() as endpoint:
        assert_type(endpoint, Endpoint)


def prompted(client: Client) -> None:
    asking = PromptingClient(client, ToolMode(tool_calling="prompted"))
    assert_type(asking.complete(model="glm-4.6", messages=MESSAGES), Completion)
    ToolMode(tool_calling="in words")  # type: ignore[arg-type]
