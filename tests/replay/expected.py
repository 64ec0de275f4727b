"""What the client has to make of a recorded answer, read from its JSON without the client."""

from __future__ import annotations

import base64
import struct
from typing import Any

from ramclouds import Choice, Chunk, Completion, ToolCall, Usage
from scripts.recorded import Interaction
from tests.harness import read


def usage_of(sent: dict[str, Any]) -> Usage:
    """A usage object's counts."""
    prompt = sent.get("prompt_tokens_details") or {}
    answer = sent.get("completion_tokens_details") or {}
    return Usage(
        prompt_tokens=sent["prompt_tokens"],
        completion_tokens=sent["completion_tokens"],
        total_tokens=sent["total_tokens"],
        cached_tokens=prompt.get("cached_tokens") or 0,
        cache_creation_tokens=prompt.get("cached_creation_tokens") or 0,
        reasoning_tokens=answer.get("reasoning_tokens") or 0,
        prompt_audio_tokens=prompt.get("audio_tokens") or 0,
        completion_audio_tokens=answer.get("audio_tokens") or 0,
        raw=sent,
    )


def completion_of(answer: Interaction) -> Completion:
    """A whole answer."""
    sent = answer.json
    return Completion(
        id=sent["id"],
        model=sent["model"],
        choices=tuple(_choice(one) for one in sent["choices"]),
        usage=usage_of(sent["usage"]),
        request_id=answer.headers.get("x-oneapi-request-id"),
        raw=sent,
        facts=_facts(sent),
    )


def _facts(sent: dict[str, Any]) -> dict[str, Any]:
    names = ("system_fingerprint", "service_tier")
    return {name: sent[name] for name in names if sent.get(name)}


def _choice(sent: dict[str, Any]) -> Choice:
    message = sent["message"]
    return Choice(
        index=sent["index"],
        text=message.get("content") or "",
        reasoning=message.get("reasoning_content") or message.get("reasoning") or "",
        refusal=message.get("refusal") or "",
        tool_calls=tuple(_call(one) for one in message.get("tool_calls") or ()),
        finish_reason=sent["finish_reason"],
        logprobs=sent.get("logprobs"),
    )


def _call(sent: dict[str, Any]) -> ToolCall:
    return ToolCall(sent["id"], sent["function"]["name"], sent["function"]["arguments"])


def vectors_of(answer: Interaction) -> list[list[float]]:
    """The vectors of a response, in the order of their texts."""
    entries = sorted(answer.json["data"], key=lambda entry: int(entry["index"]))
    return [_numbers(entry["embedding"]) for entry in entries]


def _numbers(sent: str | list[float]) -> list[float]:
    if isinstance(sent, list):
        return sent
    packed = base64.b64decode(sent)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def streamed(answer: Interaction) -> dict[str, Any]:
    """A streamed answer, its deltas joined."""
    events = answer.events
    choices = [one for event in events for one in event["choices"]]
    deltas = [one["delta"] for one in choices]
    usages = [event["usage"] for event in events if event.get("usage")]
    return {
        "id": events[0]["id"],
        "model": events[0]["model"],
        "request_id": answer.headers.get("x-oneapi-request-id"),
        "text": "".join(delta.get("content") or "" for delta in deltas),
        "reasoning": "".join(
            delta.get("reasoning_content") or delta.get("reasoning") or "" for delta in deltas
        ),
        "refusal": "",
        "tool_calls": _calls([call for one in deltas for call in one.get("tool_calls") or ()]),
        "finish_reason": next(one["finish_reason"] for one in choices if one["finish_reason"]),
        "usage": usage_of(usages[-1]) if usages else None,
    }


def _calls(pieces: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    calls: dict[int, tuple[str, str, str]] = {}
    for piece in pieces:
        id, name, arguments = calls.get(piece["index"], ("", "", ""))
        function = piece["function"]
        calls[piece["index"]] = (
            id or piece.get("id") or "",
            name or function.get("name") or "",
            arguments + (function.get("arguments") or ""),
        )
    return list(calls.values())


def joined(chunks: list[Chunk]) -> dict[str, Any]:
    """The client's chunks, merged as the frameworks merge them: by adding."""
    added, first = read(chunks), chunks[0]
    calls = [call[:3] for call in added["tool_calls"]]
    found = {"id": first.id, "model": first.model, "request_id": first.request_id}
    return {**found, **added, "tool_calls": calls}
