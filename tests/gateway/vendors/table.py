"""The providers, with the model that stands for each, what it refuses, and how it reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.gateway.vendors import rules
from tests.gateway.vendors.rules import EVERYWHERE, Rule


@dataclass(frozen=True)
class Vendor:
    """One provider."""

    model: str
    refusals: tuple[Rule, ...]
    reasoning: Literal["", "field", "inline"] = ""
    """`field` or `inline`: where the model writes it; empty where it writes none unasked."""
    dropped: frozenset[str] = frozenset()
    """Fields of the body that New API's channel does not pass on."""


_CLAUDE = (
    rules.no_blank_text,
    rules.one_message_a_role,
    rules.one_of_both_samplings,
    rules.ids_like(r"[a-zA-Z0-9_-]+"),
    rules.unique_ids,
    rules.required_is_a_list,
    rules.no_alternatives_on_top,
)
_WITHOUT_FORMAT = frozenset({"response_format"})

VENDORS: dict[str, Vendor] = {
    # https://platform.openai.com/docs/guides/reasoning
    "openai": Vendor(
        "gpt-5.2",
        (
            rules.without("max_tokens", "stop", "presence_penalty", "frequency_penalty"),
            rules.ordinary_sampling,
            rules.closed_where_strict,
            rules.json_is_named,
            rules.ids_like(".{1,40}"),
            rules.results_are_text,
        ),
    ),
    # https://docs.claude.com/en/api/messages, behind New API's own channel
    "claude": Vendor("claude-sonnet-4-5", _CLAUDE, dropped=_WITHOUT_FORMAT),
    "claude-4-6": Vendor("claude-opus-4-6", (*_CLAUDE, rules.no_prefill), dropped=_WITHOUT_FORMAT),
    # https://ai.google.dev/api/caching#Schema, behind New API's own channel
    "gemini": Vendor("gemini-2.5-flash", (rules.gemini_schemas,)),
    # https://api-docs.deepseek.com/guides/thinking_mode
    "deepseek": Vendor(
        "deepseek-v3.2",
        (
            rules.reasoning_comes_back_this_turn,
            rules.no_forced_choice,
            rules.no_json_schema,
            rules.json_is_named,
            rules.results_are_text,
        ),
        "field",
    ),
    "deepseek-v4": Vendor(
        "deepseek-v4-pro",
        (
            rules.reasoning_comes_back,
            rules.no_forced_choice,
            rules.no_json_schema,
            rules.json_is_named,
        ),
        "field",
    ),
    # https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
    "kimi": Vendor(
        "kimi-k2-thinking",
        (rules.reasoning_comes_back, rules.no_forced_choice, rules.results_are_text),
        "field",
    ),
    # https://platform.minimax.io/docs/api-reference/text-openai-api
    "minimax": Vendor("minimax-m2.1", (rules.think_text_comes_back,), "inline"),
    # New API's channel reads `stop` as a string.
    "glm": Vendor(
        "glm-4.6", (rules.json_is_named, rules.stop_is_one_string), "field", _WITHOUT_FORMAT
    ),
    "qwen": Vendor("qwen3-max", (rules.json_is_named,)),
    # Open Qwen 3 models think unless they are told not to.
    "qwen-open": Vendor(
        "qwen3-32b", (rules.thinks_in_streams_only, rules.no_forced_choice), "field"
    ),
    # https://docs.mistral.ai/api
    "mistral": Vendor(
        "mistral-large-latest",
        (
            rules.known_message_fields("role", "content", "tool_calls", "tool_call_id", "name"),
            rules.ids_like("[a-zA-Z0-9]{9}"),
            rules.no_user_behind_a_result,
            rules.no_prefill,
        ),
    ),
}


def refusal_of(vendor: Vendor, body: rules.Body) -> str | None:
    """Why the provider refuses a request; None where it takes it."""
    return next(filter(None, (rule(body) for rule in (*EVERYWHERE, *vendor.refusals))), None)
