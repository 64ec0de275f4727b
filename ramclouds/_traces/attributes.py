"""Operations and what they gave as attributes of OpenTelemetry.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ramclouds._observers import Operation
from ramclouds.types import Completion, Embeddings, Usage

PROVIDER = "ramclouds"

# Fields of the body that have an attribute of the same meaning.
_FIELDS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "dimensions": "gen_ai.embeddings.dimension.count",
}
# How Langfuse, and instrumentations by the conventions, mark a call of a model when it begins.
# OpenInference does so at its end, and counts tokens by other names.
_CALLS = {
    "langfuse.observation.type": ("generation", "embedding"),
    "gen_ai.operation.name": ("chat", "text_completion", "generate_content", "embeddings"),
}
_PORTS = {"http": 80, "https": 443}


def of_operation(operation: Operation) -> dict[str, Any]:
    """What spans and metrics share."""
    url = urlsplit(operation.base_url)
    return {
        "gen_ai.operation.name": operation.name,
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": operation.model,
        "server.address": url.hostname or "",
        "server.port": url.port or _PORTS.get(url.scheme, 443),
    }


def of_request(operation: Operation) -> dict[str, Any]:
    """What a span says of the request beside that, without its content."""
    body = operation.body
    found = {
        name: body[field]
        for field, name in _FIELDS.items()
        if isinstance(body.get(field), (int, float))
    }
    if operation.is_stream:
        found["gen_ai.request.stream"] = True
    if isinstance(body.get("n"), int) and body["n"] != 1:
        found["gen_ai.request.choice.count"] = body["n"]
    if (stop := body.get("stop")) is not None:
        found["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if body.get("encoding_format"):
        found["gen_ai.request.encoding_formats"] = [body["encoding_format"]]
    if "json" in str(_type_of(body.get("response_format"))):
        found["gen_ai.output.type"] = "json"
    return found


def _type_of(response_format: Any) -> Any:
    return response_format.get("type") if isinstance(response_format, Mapping) else None


def counts_tokens(attributes: Mapping[str, Any]) -> bool:
    """Whether a span is itself a call of a model, by whoever made it, and so has the tokens."""
    return any(attributes.get(name) in kinds for name, kinds in _CALLS.items())


def of_value(value: Completion | Embeddings, *, has_usage: bool) -> dict[str, Any]:
    """What a span says of a response, or of what arrived of one, without its content."""
    found: dict[str, Any] = {"gen_ai.response.model": value.model}
    found["ramclouds.request_id"] = value.request_id
    if isinstance(value, Completion):
        reasons = [choice.finish_reason for choice in value.choices if choice.finish_reason]
        found |= {"gen_ai.response.id": value.id, "gen_ai.response.finish_reasons": reasons}
    return {name: one for name, one in found.items() if one} | (
        of_usage(value.usage) if has_usage else {}
    )


def of_usage(usage: Usage | None) -> dict[str, int]:
    """Token counts; of the parts only those that there are."""
    if usage is None:
        return {}
    parts = {
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_creation_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    }
    return {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        **{name: count for name, count in parts.items() if count},
    }
