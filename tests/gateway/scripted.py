"""A model that understands its requests, and answers the same every time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.gateway.embeddings import embeddings_of
from tests.gateway.events import (
    chunk,
    completion,
    error,
    text_chunks,
    tool_chunks,
    usage,
    usage_chunk,
    words,
)
from tests.gateway.prompted_mode import is_in_words, to_native, to_words
from tests.gateway.refusals import Refused, check
from tests.gateway.replies import Reply, reply_to, reported_parts
from tests.gateway.request import Request
from tests.gateway.responses import Body, Json, Response, Sse

MODELS = (
    "gpt-5",
    "gpt-5.1",
    "gpt-5.2",
    "gpt-5-codex",
    "gpt-5-codex-mini",
    "claude-opus-4-5",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-3-pro-preview",
    "gemini-3-flash-preview",
    "deepseek-v3.1",
    "deepseek-v3.2",
    "qwen3-max",
    "qwen3-coder-plus",
    "qwen3-coder-flash",
    "kimi-k2-thinking",
    "glm-4.6",
    "glm-4.7",
    "minimax-m2.1",
)


@dataclass
class ScriptedModel:
    """Answers chat completions and the model list; change its fields to change its mind."""

    keys: set[str] | None = None
    """Keys that are let in; None lets in any that is not empty."""
    models: Sequence[str] = field(default_factory=lambda: list(MODELS))
    """What the list says; other names are answered too, save those in `unknown`."""
    unknown: set[str] = field(default_factory=lambda: {"no-such-model"})
    dropped: frozenset[str] = frozenset()
    """Fields of the body that the channel does not pass on, such as `tools`."""
    reasoning: Literal["", "field", "inline"] = ""
    """Where unasked reasoning stands: in a field of its own, or in the text as `<think>`."""

    def answer(self, request: Request) -> Response:
        path = request.path.partition("?")[0]
        if path == "/api/pricing":
            return Json(self._prices())
        if not path.startswith("/v1/"):
            page = "<!doctype html><html><head><title>New API</title></head></html>"
            return Body(page, headers={"Content-Type": "text/html; charset=utf-8"})
        if not request.key or (self.keys is not None and request.key not in self.keys):
            return Json(error("无效的令牌 (request id: 2026)"), 401)
        if (request.method, path) == ("GET", "/v1/models"):
            return Json(self._list())
        if (request.method, path) == ("POST", "/v1/chat/completions"):
            return self._chat(request)
        if (request.method, path) == ("POST", "/v1/embeddings"):
            return embeddings_of(request, self.unknown)
        message = f"Invalid URL ({request.method} {path})"
        return Json(error(message, "invalid_request_error"), 404)

    def _prices(self) -> dict[str, Any]:
        """2 dollars for a million tokens of the prompt, and four times that for completions."""
        price = {"quota_type": 0, "model_ratio": 1, "completion_ratio": 4, "cache_ratio": 0.1}
        data = [{"model_name": name, **price, "enable_groups": ["all"]} for name in self.models]
        return {"success": True, "data": data, "group_ratio": {"default": 1}}

    def _list(self) -> dict[str, Any]:
        constant = {"object": "model", "created": 1626777600, "owned_by": "custom"}
        data = [
            {"id": name, **constant, "supported_endpoint_types": ["openai"]} for name in self.models
        ]
        return {"data": data, "object": "list", "success": True}

    def _chat(self, request: Request) -> Response:
        try:
            body = check(request, self.unknown)
        except Refused as refused:
            return Json(error(refused.message, refused.type, refused.code), refused.status)
        heard = {name: value for name, value in body.items() if name not in self.dropped}
        if self.reasoning:
            heard = {"reasoning_effort": "medium", **heard}
        replies = [_limited(_reply(heard, place), body) for place in range(body.get("n") or 1)]
        if self.reasoning == "inline":
            replies = [_with_think_tags(reply) for reply in replies]
        counted = _usage(body, replies)
        id = f"chatcmpl-{request.connection}-{zlib.crc32(request.body):08x}"
        if body.get("stream"):
            return Sse(_events(body, replies, counted, id))
        return Json(_completion(body, replies, counted, id))


def _reply(body: Mapping[str, Any], place: int) -> Reply:
    if not is_in_words(body):
        return reply_to(body, place)
    return to_words(reply_to(to_native(body), place), body)


def _with_think_tags(reply: Reply) -> Reply:
    text = f"<think>\n{reply.reasoning}\n</think>\n\n{reply.text}"
    return replace(reply, text=text, reasoning="")


def _limited(reply: Reply, body: Mapping[str, Any]) -> Reply:
    """Cuts the text at a stop sequence, then at max_tokens."""
    stop = body.get("stop") or []
    text = reply.text
    for sequence in [stop] if isinstance(stop, str) else stop:
        text = text.partition(sequence)[0]
    pieces, limit = words(text), body.get("max_tokens") or body.get("max_completion_tokens")
    if limit is None or len(pieces) <= limit:
        return Reply(text, reply.calls, reply.reasoning, reply.finish_reason)
    return Reply("".join(pieces[:limit]), reply.calls, reply.reasoning, "length")


def _usage(body: Mapping[str, Any], replies: Sequence[Reply]) -> dict[str, Any]:
    """Words counted: those of the system messages as cached, those of the reasoning apart."""
    prompt = sum(_count(message.get("content")) for message in body["messages"])
    system = [one for one in body["messages"] if one["role"] == "system"]
    reasoning = sum(len(words(reply.reasoning)) for reply in replies)
    spoken = sum(len(words(reply.text)) + 2 * len(reply.calls) for reply in replies)
    _, audio, _ = reported_parts(body["messages"])
    return usage(
        prompt + audio,
        reasoning + spoken,
        cached_tokens=sum(_count(one["content"]) for one in system),
        prompt_audio_tokens=audio,
        reasoning_tokens=reasoning,
    )


def _count(content: Any) -> int:
    if isinstance(content, str):
        return len(re.findall(r"\S+", content))
    return sum(_count(part.get("text", "part")) for part in content or [])


def _completion(
    body: Mapping[str, Any], replies: Sequence[Reply], counted: Mapping[str, Any], id: str
) -> dict[str, Any]:
    choices = [
        {
            "index": place,
            "message": reply.message(),
            "logprobs": _logprobs(words(reply.text), body),
            "finish_reason": reply.finish_reason,
        }
        for place, reply in enumerate(replies)
    ]
    return completion(choices=choices, usage=counted, id=id, model=body["model"])


def _events(
    body: Mapping[str, Any], replies: Sequence[Reply], counted: Mapping[str, Any], id: str
) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"id": id, "model": body["model"]}
    events = []
    for place, reply in enumerate(replies):
        for delta in reply.deltas():
            text = delta.get("content")
            event = chunk(delta, index=place, usage=None, **made)
            event["choices"][0]["logprobs"] = _logprobs([text], body) if text else None
            events.append(event)
        events.append(chunk({}, reply.finish_reason, index=place, usage=None, **made))
    if (body.get("stream_options") or {}).get("include_usage", True):
        events.append(usage_chunk(counted, **made))
    return events


def _logprobs(pieces: Sequence[str], body: Mapping[str, Any]) -> dict[str, Any] | None:
    if not body.get("logprobs"):
        return None
    tokens: list[dict[str, Any]] = [
        {"token": piece, "logprob": -0.1, "bytes": list(piece.encode())} for piece in pieces
    ]
    top = min(body.get("top_logprobs") or 0, 1)
    return {"content": [{**token, "top_logprobs": [token] * top} for token in tokens]}


def calls_in_turn(*calls: Mapping[str, Any], text: str = "") -> Callable[[Request], Response]:
    """Each call in turn, `text` before it, then an answer; streamed where that is asked for."""
    left = list(calls)

    def answer(request: Request) -> Response:
        streamed = request.json.get("stream")
        if not left:
            return Sse(text_chunks("Five.")) if streamed else Json(completion("Five."))
        made = left.pop(0)
        if streamed:
            return Sse(tool_chunks(made, text=text, size=4))
        return Json(completion(text or None, tool_calls=[made]))

    return answer
