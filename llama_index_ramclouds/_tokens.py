"""Token counts estimated without network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.utils import get_tokenizer

# What the frame of one message and one picture costs; OpenAI's figures, as LlamaIndex takes them.
_MESSAGE_TOKENS = 4
_MEDIA_TOKENS = 2125


def count_tokens(
    text: str | Sequence[ChatMessage], tokenizer: Callable[[str], Sequence[Any]] | None = None
) -> int:
    """Count with the tokenizer, or with LlamaIndex's own, whose tables come in its wheel."""
    tokens = tokenizer or get_tokenizer()
    if isinstance(text, str):
        return len(tokens(text))
    return sum(_MESSAGE_TOKENS + _of_message(message, tokens) for message in text)


def _of_message(message: ChatMessage, tokens: Callable[[str], Sequence[Any]]) -> int:
    count = 0
    for block in message.blocks:
        if isinstance(block, TextBlock):
            count += len(tokens(block.text))
        elif isinstance(block, ToolCallBlock):
            count += len(tokens(block.tool_name)) + len(tokens(str(block.tool_kwargs)))
        elif not isinstance(block, ThinkingBlock):
            count += _MEDIA_TOKENS
    return count
