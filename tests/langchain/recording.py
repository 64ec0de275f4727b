"""What tests share: settings and usage, callbacks written down, chunks added up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import LLMResult

from tests.gateway import usage

USAGE = usage(5, 7, cached_tokens=3, reasoning_tokens=2)
COUNTED = {
    "input_tokens": 5,
    "output_tokens": 7,
    "total_tokens": 12,
    "input_token_details": {"cache_read": 3},
    "output_token_details": {"reasoning": 2},
}
"""The usage of a response as sent, and as LangChain counts it."""

EVERYTHING = {
    "temperature": 0.5,
    "max_tokens": 20,
    "top_p": 0.9,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "stop": ["x"],
    "n": 2,
    "seed": 7,
    "logprobs": True,
    "top_logprobs": 2,
    "user": "lan",
    "reasoning_effort": "low",
}
"""A value for each setting that goes into the body."""


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
