"""What a run told: its callbacks, written down, and its chunks, added up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import LLMResult


class Recorder(BaseCallbackHandler):
    """Tokens in order, the chunks they came with, the result, and the error."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.chunks: list[Any] = []
        self.ended: list[LLMResult] = []
        self.failed: list[tuple[BaseException, LLMResult]] = []

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **_: Any) -> None:
        self.tokens.append(token)
        self.chunks.append(chunk)

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        self.ended.append(response)

    def on_llm_error(self, error: BaseException, **extra: Any) -> None:
        self.failed.append((error, extra["response"]))


def total(chunks: Iterable[Any]) -> AIMessageChunk:
    """The sum of a stream's chunks."""
    first, *rest = chunks
    return cast("AIMessageChunk", first + rest) if rest else cast("AIMessageChunk", first)
