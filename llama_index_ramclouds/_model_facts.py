"""What is known about a model: LlamaIndex's metadata, and token counts without network."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    LLMMetadata,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.utils import get_tokenizer

from ramclouds import ModelFacts

logger = logging.getLogger(__name__)

# What the frame of one message and one picture costs; OpenAI's figures, as LlamaIndex takes them.
_MESSAGE_TOKENS = 4
_MEDIA_TOKENS = 2125

_warned: set[str] = set()


def to_metadata(
    facts: ModelFacts, *, window: int | None, max_tokens: int | None, has_functions: bool
) -> LLMMetadata:
    """What core asks of every LLM: window, reserved output, abilities.

    Core packs prompts and memories up to the window, less the output that it reserves. A model like
    gpt-5 takes 272,000 of its 400,000 tokens as input. A reserve of the whole window makes core
    raise "available context size was not non-negative", so half of it is the most.
    """
    if window is None:
        _warn_if_unknown(facts)
        window = min(facts.context_window, facts.max_input_tokens)
    return LLMMetadata(
        context_window=window,
        # LlamaIndex's word for unknown.
        num_output=min(max_tokens, window // 2) if max_tokens else -1,
        is_chat_model=True,
        is_function_calling_model=has_functions,
        model_name=facts.name,
    )


def _warn_if_unknown(facts: ModelFacts) -> None:
    """Warn once of a model whose context window is a guess."""
    if not facts.known and facts.name not in _warned:
        _warned.add(facts.name)
        logger.warning(
            "Nothing is known about model %r, so a context window of %d tokens is assumed."
            " Set context_window=... if it is another.",
            facts.name,
            facts.context_window,
        )


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
