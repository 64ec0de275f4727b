"""Both clients as readers of captures, with or without a socket."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx

from ramclouds import Chunk, Completion, RamCloudsError
from ramclouds._wire.account import BILLING_LIMIT
from ramclouds.types import Usage
from tests.captures.capture import Capture
from tests.captures.expect import Outcome, arguments_of
from tests.captures.wire import ReplayTransport
from tests.gateway.corpus import Cut
from tests.harness import Calls, Twin

# What the client refuses before sending is left out when the reply is what counts.
_PLAIN = ("model", "messages", "tools")


def replayed(kind: type[Twin], capture: Capture, cut: Cut) -> Outcome:
    """What a client makes of a capture that an httpx transport replays."""
    transport = ReplayTransport([*capture.before, capture], cut)
    http_class = httpx.AsyncClient if kind.is_async else httpx.Client
    # A base URL of its own: what is learnt of a model holds for a base URL.
    url = f"http://{capture.name}-{kind.__name__}-{cut}.localhost".lower()
    with closing(kind()) as twin:
        http = http_class(transport=transport)
        found = _read_all(Calls(twin, **_settings(capture, url), http_client=http), capture)
        twin.call(http, "close")
    return found


def over_socket(kind: type[Twin], capture: Capture, url: str) -> Outcome:
    """What a client makes of a capture that a server replays at this address."""
    with closing(kind()) as twin, closing(Calls(twin, **_settings(capture, url))) as calls:
        return _read_all(calls, capture)


def _settings(capture: Capture, url: str) -> dict[str, Any]:
    base = url + capture.path.partition("/chat/completions")[0] if capture.is_chat else f"{url}/v1"
    return {"base_url": base, "think_tags": True}


def _read_all(calls: Calls, capture: Capture) -> Outcome:
    """Reads what comes first, then the capture."""
    for one in capture.before:
        _read(calls, one)
    return _read(calls, capture)


def _read(calls: Calls, capture: Capture) -> Outcome:
    """One request of the capture's kind, and what came of it."""
    try:
        if not capture.is_chat:
            return _ELSEWHERE[capture.path](calls, capture)
        if capture.is_stream:
            return of_chunks(calls.stream(**plain(capture)))
        return of_completion(calls.complete(**plain(capture)))
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


def _models(calls: Calls, _: Capture) -> Outcome:
    return Outcome(facts={"ids": sorted(model.id for model in calls.models())})


def _embeddings(calls: Calls, capture: Capture) -> Outcome:
    return Outcome(vectors=calls.embed(**capture.request).vectors)


def _key_status(calls: Calls, _: Capture) -> Outcome:
    status = calls.key_status()
    return Outcome(
        facts={
            "remaining_quota": status.available,
            "remaining_usd": status.available_usd,
            "used_usd": status.used_usd,
            "unlimited": status.is_unlimited,
            "expired": status.is_expired,
        }
    )


def _billed(calls: Calls, _: Capture) -> Outcome:
    client = calls.client
    asked = client._root_attempts(BILLING_LIMIT, None)
    return Outcome(facts={"limit_usd": calls.call("_ask", asked, client._to_billed)})


def _prices(calls: Calls, capture: Capture) -> Outcome:
    prices = calls.prices()
    model = capture.expect["facts"]["model"]
    price = prices[model]
    return Outcome(
        facts={
            "model": model,
            "input_usd_per_1m": price.input,
            "output_usd_per_1m": price.output,
            "cached_usd_per_1m": price.cached,
        }
    )


_ELSEWHERE: dict[str, Callable[[Calls, Capture], Outcome]] = {
    "/v1/models": _models,
    "/api/usage/token/": _key_status,
    "/v1/embeddings": _embeddings,
    BILLING_LIMIT: _billed,
    "/api/pricing": _prices,
}
