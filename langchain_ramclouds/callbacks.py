"""Tokens and cost of the runs that a LangChain callback handler is given to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult

from langchain_ramclouds._results import INPUT_DETAILS, OUTPUT_DETAILS
from ramclouds import Usage, UsageMeter


class UsageHandler(BaseCallbackHandler):
    """Adds up tokens and cost in its `meter`, for the chains and models it is a callback of.

    A `UsageMeter` around the calls counts embeddings too, and attempts that were repeated.

    Example:
        handler = UsageHandler()
        chain.invoke("Hello", config={"callbacks": [handler]})
        print(handler.meter.total.usage.total_tokens, handler.meter.cost)
    """

    def __init__(self, base_url: str | None = None) -> None:
        self.meter = UsageMeter()
        self._base_url = base_url
        self._asked: dict[UUID, str] = {}

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[Any]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """Notes the model that is asked: the gateway bills by its name."""
        self._asked[run_id] = (kwargs.get("metadata") or {}).get("ls_model_name", "")

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Counts the usage of a run; a completion from LangChain's cache has none."""
        asked = self._asked.pop(run_id, "")
        for message in (_message_of(generations) for generations in response.generations):
            if message is None or _is_cached(message):
                continue
            facts = message.response_metadata
            name = facts.get("model_name", "") if "fallback_from" in facts else asked
            usage = _usage_of(message.usage_metadata)
            self.meter.add(usage, name or facts.get("model_name", ""), self._base_url)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Counts what had been used when a run failed, or its stream was left."""
        self.meter.add_failed(error, self._asked.pop(run_id, ""), self._base_url)


def _message_of(generations: list[Any]) -> AIMessage | None:
    """The message with the usage: of several completions it is the first."""
    first = generations[0] if generations else None
    message = first.message if isinstance(first, ChatGeneration) else None
    return message if isinstance(message, AIMessage) else None


def _is_cached(message: AIMessage) -> bool:
    # LangChain writes it where a cache had the completion.
    return bool(message.usage_metadata and message.usage_metadata.get("total_cost") == 0)


def _usage_of(metadata: UsageMetadata | None) -> Usage | None:
    if metadata is None:
        return None
    read: Mapping[str, Any] = metadata.get("input_token_details", {})
    written: Mapping[str, Any] = metadata.get("output_token_details", {})
    return Usage(
        prompt_tokens=metadata["input_tokens"],
        completion_tokens=metadata["output_tokens"],
        total_tokens=metadata["total_tokens"],
        **{field: read.get(name, 0) for name, field in INPUT_DETAILS.items()},
        **{field: written.get(name, 0) for name, field in OUTPUT_DETAILS.items()},
    )
