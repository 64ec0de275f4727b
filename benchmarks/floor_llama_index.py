"""LlamaIndex with a model in memory: what the framework itself costs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CustomLLM,
    LLMMetadata,
)
from llama_index.core.llms.callbacks import llm_chat_callback

from benchmarks.promises import ANSWER


class Memory(CustomLLM):
    """Gives what the server would, without it."""

    words: list[str]
    delay: float

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True)

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=ANSWER)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Any:
        raise NotImplementedError

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        return ChatResponse(message=ChatMessage(ANSWER, role="assistant"))

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        await asyncio.sleep(self.delay)
        return ChatResponse(message=ChatMessage(ANSWER, role="assistant"))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Any:
        return self._responses()

    def _responses(self) -> Iterator[ChatResponse]:
        text = ""
        for word in self.words:
            text += word
            yield ChatResponse(message=ChatMessage(text, role="assistant"), delta=word)
