"""The sync and the async methods of an LLM behind the same names, so that a test runs on both.

A parity test compares their syntax trees, so one twin is enough for what is decided. Modules about
opening, streaming and closing run on both: `pytestmark = EACH_TWIN`.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from llama_index_ramclouds import RamClouds
from tests.harness import EACH_TWIN as EACH_TWIN


class Twin:
    """Awaits `chat`, `stream_chat` and so on of an LLM; where async its `achat`, `astream_chat`."""

    def __init__(self, *, is_async: bool) -> None:
        self.is_async = is_async

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def asked(llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
            if not self.is_async:
                found = getattr(llm, name)(*args, **kwargs)
                return list(found) if isinstance(found, Iterator) else found
            async with llm:
                return await _arrived(getattr(llm, f"a{name}")(*args, **kwargs))

        return asked

    async def structured_chat(self, llm: RamClouds, output_cls: type[Any], messages: Any) -> Any:
        """The response of the LLM that core makes for a class."""
        structured = llm.as_structured_llm(output_cls)
        if not self.is_async:
            return structured.chat(messages)
        async with llm:
            return await structured.achat(messages)


async def _arrived(begun: Any) -> Any:
    found = await begun if inspect.isawaitable(begun) else begun
    return [part async for part in found] if isinstance(found, AsyncIterator) else found
