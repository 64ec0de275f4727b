"""Token counts without network or download: the gateway's models have no common tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, get_buffer_string
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.tools import BaseTool

from langchain_ramclouds._tools import to_tool
from ramclouds.bridge.tokens import estimate_tokens

TokenIds = Callable[[str], list[int]] | None


def count_text(text: str, token_ids: TokenIds = None) -> int:
    """Tokens of a text, by the user's tokenizer or by its length."""
    return estimate_tokens(text) if token_ids is None else len(token_ids(text))


def count_messages(
    messages: Sequence[BaseMessage], tools: Sequence[Any] | None, token_ids: TokenIds = None
) -> int:
    """Tokens of a conversation, with the schemas of its tools."""
    schemas: list[BaseTool | dict[str, Any]] = [to_tool(tool) for tool in tools or ()]
    if token_ids is None:
        # Scaled by the counts that answers in the conversation came with.
        return count_tokens_approximately(messages, tools=schemas, use_usage_metadata_scaling=True)
    texts = [get_buffer_string([message]) for message in messages]
    return sum(count_text(text, token_ids) for text in (*texts, *map(json.dumps, schemas)))
