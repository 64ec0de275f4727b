"""What is known about a model: LlamaIndex's metadata."""

from __future__ import annotations

import logging
from functools import cache

from llama_index.core.base.llms.types import LLMMetadata

from llama_index_ramclouds._fields import Fields
from ramclouds import model_facts
from ramclouds.bridge.body_fields import max_tokens_of

logger = logging.getLogger(__name__)


def to_metadata(llm: Fields) -> LLMMetadata:
    """What core asks of every LLM: window, reserved output, abilities.

    Core packs prompts and memories up to the window, less the output that it reserves. A model like
    gpt-5 takes 272,000 of its 400,000 tokens as input. A reserve of the whole window makes core
    raise "available context size was not non-negative", so half of it is the most.
    """
    facts, window = model_facts(llm.model), llm.context_window
    max_tokens = max_tokens_of(vars(llm))
    if window is None:
        if not facts.known:
            _warn_of_guess(facts.name, facts.context_window)
        window = min(facts.context_window, facts.max_input_tokens)
    return LLMMetadata(
        context_window=window,
        # LlamaIndex's word for unknown.
        num_output=min(max_tokens, window // 2) if max_tokens else -1,
        is_chat_model=True,
        is_function_calling_model=llm.is_function_calling_model,
        model_name=facts.name,
    )


@cache
def _warn_of_guess(model: str, window: int) -> None:
    logger.warning(
        "Nothing is known about model %r, so a context window of %d tokens is assumed."
        " Set context_window=... if it is another.",
        model,
        window,
    )
