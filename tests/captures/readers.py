"""Both clients as readers of captures, with or without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from ramclouds import AsyncClient, Chunk, Client, Completion, KeyStatus, Prices, RamCloudsError
from ramclouds._wire.account import BILLING_LIMIT
from ramclouds.types import Usage
from tests.captures.capture import Capture
from tests.captures.expect import Outcome, arguments_of
from tests.captures.wire import ReplayTransport, Splitting

# What the client refuses before sending is left out when the reply is what counts.
_PLAIN = ("model", "messages", "tools")


def replayed(kind: type[Client] | type[AsyncClient], capture: Capture, split: Splitting) -> Outcome:
    """What a client makes of a capture that an httpx transport replays."""
    transport = ReplayTransport([*capture.before, capture], split)
    # A base URL of its own: what is learnt of a model holds for a base URL.
    url = f"http://{capture.name}-{kind.__name__}-{split}.localhost".lower()
    if kind is Client:
        with httpx.Client(transport=transport) as http:
            return read_all(Client(**_settings(capture, url), http_client=http), capture)
    return asyncio.run(_areplayed(transport, capture, url))


async def _areplayed(transport: ReplayTransport, capture: Capture, url: str) -> Outcome:
    async with httpx.AsyncClient(transport=transport) as http:
        return await aread_all(AsyncClient(**_settings(capture, url), http_client=http), capture)


def over_socket(kind: type[Client] | type[AsyncClient], capture: Capture, url: str) -> Outcome:
    """What a client makes of a capture that a server replays at this address."""
    settings = _settings(capture, url)
    if kind is Client:
        with Client(**settings) as client:
            return read_all(client, capture)
    return asyncio.run(_aover_socket(settings, capture))


async def _aover_socket(settings: dict[str, Any], capture: Capture) -> Outcome:
    async with AsyncClient(**settings) as client:
        return await aread_all(client, capture)


def _settings(capture: Capture, url: str) -> dict[str, Any]:
    base = url + capture.path.partition("/chat/completions")[0] if capture.is_chat else f"{url}/v1"
    return {"api_key": "test-key", "base_url": base, "max_retries": 0, "think_tags": True}


def read_all(client: Client, capture: Capture) -> Outcome:
    """Reads what comes first, then the capture."""
    for one in capture.before:
        read(client, one)
    return read(client, capture)


async def aread_all(client: AsyncClient, capture: Capture) -> Outcome:
    """The same, asynchronous."""
    for one in capture.before:
        await aread(client, one)
    return await aread(client, capture)


def read(client: Client, capture: Capture) -> Outcome:
    """One request of the capture's kind, and what came of it."""
    try:
        if not capture.is_chat:
            return _ELSEWHERE[capture.path](client, capture)
        if not capture.is_stream:
            return of_completion(client.complete(**plain(capture)))
        chunks: list[Chunk] = []
        chunks.extend(client.stream(**plain(capture)))
        return of_chunks(chunks)
    except RamCloudsError as exc:
        return Outcome(error=exc)


async def aread(client: AsyncClient, capture: Capture) -> Outcome:
    """The same, asynchronous."""
    try:
        if not capture.is_chat:
            return await _AELSEWHERE[capture.path](client, capture)
        if not capture.is_stream:
            return of_completion(await client.complete(**plain(capture)))
        return of_chunks([chunk async for chunk in client.stream(**plain(capture))])
    except RamCloudsError as exc:
        return Outcome(error=exc)


def plain(capture: Capture) -> dict[str, Any]:
    """The arguments of a call that asks as the capture did, as far as the reply depends on it."""
    asked = {key: capture.request[key] for key in _PLAIN if key in capture.request}
    return {"model": "gpt-5", **asked}


def of_completion(completion: Completion) -> Outcome:
    return Outcome(
        text=completion.text,
        reasoning=completion.reasoning,
        tool_calls=[(c.id, c.name, arguments_of(c.arguments)) for c in completion.tool_calls],
        invalid_tool_calls=[(c.id, c.name, c.arguments) for c in completion.invalid_tool_calls],
        finish=completion.finish_reason,
        usage=counts(completion.usage),
    )


def of_chunks(chunks: list[Chunk]) -> Outcome:
    """Chunks added up, as the frameworks do it."""
    calls: dict[int, list[str]] = {}
    for delta in (delta for chunk in chunks for delta in chunk.tool_calls):
        call = calls.setdefault(delta.index, [delta.id or "", delta.name or "", ""])
        call[2] += delta.arguments
    invalid = [call for chunk in chunks for call in chunk.invalid_tool_calls]
    for call_without in (call.index for call in invalid if call.index is not None):
        calls.pop(call_without, None)
    return Outcome(
        text="".join(chunk.text for chunk in chunks),
        reasoning="".join(chunk.reasoning for chunk in chunks),
        tool_calls=[(id, name, arguments_of(text)) for id, name, text in calls.values()],
        invalid_tool_calls=[(call.id, call.name, call.arguments) for call in invalid],
        finish=chunks[-1].finish_reason,
        usage=counts(chunks[-1].usage),
    )


def counts(usage: Usage | None) -> dict[str, int] | None:
    """The counts under the names of `expect`."""
    if usage is None:
        return None
    return {
        "input": usage.prompt_tokens,
        "output": usage.completion_tokens,
        "reasoning": usage.reasoning_tokens,
        "cached": usage.cached_tokens,
    }


def _models(client: Client, _: Capture) -> Outcome:
    return Outcome(facts={"ids": sorted(model.id for model in client.models())})


async def _amodels(client: AsyncClient, _: Capture) -> Outcome:
    return Outcome(facts={"ids": sorted(model.id for model in await client.models())})


def _embeddings(client: Client, capture: Capture) -> Outcome:
    return Outcome(vectors=client.embed(**capture.request).vectors)


async def _aembeddings(client: AsyncClient, capture: Capture) -> Outcome:
    return Outcome(vectors=(await client.embed(**capture.request)).vectors)


def _key_status(client: Client, _: Capture) -> Outcome:
    return Outcome(facts=_facts_of(client.key_status()))


async def _akey_status(client: AsyncClient, _: Capture) -> Outcome:
    return Outcome(facts=_facts_of(await client.key_status()))


def _billed(client: Client, _: Capture) -> Outcome:
    asked = client._root_attempts(BILLING_LIMIT, None)
    return Outcome(facts={"limit_usd": client._ask(asked, client._to_billed)})


async def _abilled(client: AsyncClient, _: Capture) -> Outcome:
    asked = client._root_attempts(BILLING_LIMIT, None)
    return Outcome(facts={"limit_usd": await client._ask(asked, client._to_billed)})


def _prices(client: Client, capture: Capture) -> Outcome:
    return Outcome(facts=_dollars(client.prices(), capture))


async def _aprices(client: AsyncClient, capture: Capture) -> Outcome:
    return Outcome(facts=_dollars(await client.prices(), capture))


def _dollars(prices: Prices, capture: Capture) -> dict[str, Any]:
    model = capture.expect["facts"]["model"]
    price = prices[model]
    return {
        "model": model,
        "input_usd_per_1m": price.input,
        "output_usd_per_1m": price.output,
        "cached_usd_per_1m": price.cached,
    }


def _facts_of(status: KeyStatus) -> dict[str, Any]:
    return {
        "remaining_quota": status.available,
        "remaining_usd": status.available_usd,
        "used_usd": status.used_usd,
        "unlimited": status.is_unlimited,
        "expired": status.is_expired,
    }


_ELSEWHERE: dict[str, Callable[[Client, Capture], Outcome]] = {
    "/v1/models": _models,
    "/api/usage/token/": _key_status,
    "/v1/embeddings": _embeddings,
    BILLING_LIMIT: _billed,
    "/api/pricing": _prices,
}
_AELSEWHERE: dict[str, Callable[[AsyncClient, Capture], Any]] = {
    "/v1/models": _amodels,
    "/api/usage/token/": _akey_status,
    "/v1/embeddings": _aembeddings,
    BILLING_LIMIT: _abilled,
    "/api/pricing": _aprices,
}
