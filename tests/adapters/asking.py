"""Both adapters behind one door: each way to ask, sync and async, whole and streamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage
from llama_index.core.base.llms.types import ChatMessage

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds


@dataclass(frozen=True)
class Way:
    """One of the four ways to ask a model."""

    is_async: bool
    is_streamed: bool

    def __str__(self) -> str:
        return (
            f"{'async' if self.is_async else 'sync'}-{'streamed' if self.is_streamed else 'whole'}"
        )

    async def langchain(
        self, model: ChatRamClouds, messages: Sequence[BaseMessage], /, **kwargs: Any
    ) -> Any:
        """The message of `ChatRamClouds`, or the sum of its chunks."""
        if not self.is_streamed:
            asked = model.ainvoke if self.is_async else model.invoke
            message = asked(list(messages), **kwargs)
            return await message if self.is_async else message
        if self.is_async:
            chunks = [chunk async for chunk in model.astream(list(messages), **kwargs)]
        else:
            chunks = list(model.stream(list(messages), **kwargs))
        first, *rest = chunks
        return first + rest if rest else first

    async def llama_index(
        self, llm: RamClouds, messages: Sequence[ChatMessage], /, **kwargs: Any
    ) -> Any:
        """The response of `RamClouds`, or the last one of its stream."""
        if not self.is_streamed:
            if not self.is_async:
                return llm.chat(list(messages), **kwargs)
            async with llm:
                return await llm.achat(list(messages), **kwargs)
        if not self.is_async:
            return list(llm.stream_chat(list(messages), **kwargs))[-1]
        async with llm:
            stream = await llm.astream_chat(list(messages), **kwargs)
            return [response async for response in stream][-1]


WAYS = [Way(is_async, is_streamed) for is_async in (False, True) for is_streamed in (False, True)]
# Whole and streamed, one of them sync and one async: rows of a table take them by turns.
BY_TURNS = ((WAYS[0], WAYS[3]), (WAYS[1], WAYS[2]))
