"""What is known about a model: LangChain's model profile, and token counts without network."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import ModelProfile
from langchain_core.messages import BaseMessage, get_buffer_string
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.tools import BaseTool

from langchain_ramclouds._tools import to_tool
from ramclouds import ModelFacts
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.tokens import estimate_tokens

TokenIds = Callable[[str], list[int]] | None


def to_profile(facts: ModelFacts) -> ModelProfile | None:
    """The profile of a known model; None for another, where LangChain makes its own guesses."""
    if not facts.known:
        return None
    profile = ModelProfile(
        max_input_tokens=facts.max_input_tokens,
        text_inputs=True,
        text_outputs=True,
        image_inputs=facts.image_input,
        image_url_inputs=facts.image_input,
        image_tool_message=facts.image_input,
        audio_inputs=facts.audio_input,
        video_inputs=facts.video_input,
        pdf_inputs=facts.pdf_input,
        # No channel passes one on from a tool's result.
        pdf_tool_message=False,
        reasoning_output=facts.reasoning,
        tool_calling=facts.tool_calling,
        tool_choice=facts.tool_calling,
        # LangChain's agents ask for it by `response_format` then, else by a forced tool call.
        structured_output=dialect_for(facts.name).structured[0] != "tool",
    )
    if facts.max_output_tokens is not None:
        profile["max_output_tokens"] = facts.max_output_tokens
    return profile


def count_text(text: str, token_ids: TokenIds = None) -> int:
    """Tokens of a text, by the user's tokenizer or by its length."""
    return estimate_tokens(text) if token_ids is None else len(token_ids(text))


def count_messages(
    messages: Sequence[BaseMessage], tools: Sequence[Any] | None, token_ids: TokenIds = None
) -> int:
    """Tokens of a conversation, with the schemas of its tools."""
    schemas: list[BaseTool | dict[str, Any]] = [to_tool(tool) for tool in tools or ()]
    if token_ids is None:
        # Scaled by the counts that completions in the conversation came with.
        return count_tokens_approximately(messages, tools=schemas, use_usage_metadata_scaling=True)
    texts = [get_buffer_string([message]) for message in messages]
    return sum(count_text(text, token_ids) for text in (*texts, *map(json.dumps, schemas)))
