"""How many functions of ours one call, one token and one error run through."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from tests.gateway import Gateway, Json, Raw, Sse, completion, text_chunks

ROOT = Path(__file__).parents[2]
OURS = ("langchain_ramclouds", "llama_index_ramclouds", "ramclouds")
INSIDE = tuple(f"{ROOT / package}/" for package in OURS)
# 225 and 267 in Python 3.11, which calls a function for each comprehension, and nine more where a
# response arrives in two pieces.
MOST = 225 + 10
MOST_OF_ERROR = 267 + 10


def calls_of(run: Callable[[], Any]) -> int:
    """The calls of functions in our packages."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(INSIDE)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with suppress(RamCloudsError):
            run()
    finally:
        sys.setprofile(before)
    return calls


@pytest.fixture(params=["langchain", "llama_index"])
def ask(
    request: pytest.FixtureRequest,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """One whole call, one streamed, and the calls that a token may make."""
    if request.param == "langchain":
        model = chat()
        return lambda: model.invoke("Hi"), lambda: list(model.stream("Hi")), 6
    built, messages = llm(), [ChatMessage("Hi")]
    return lambda: built.chat(messages), lambda: list(built.stream_chat(messages)), 8


def test_plain_call_makes_few_calls(gateway: Gateway, ask: Any) -> None:
    whole, _, _ = ask
    gateway.reply(*[Json(completion())] * 2)
    whole()
    assert calls_of(whole) <= MOST


def test_error_makes_few_calls(gateway: Gateway, ask: Any) -> None:
    whole, _, _ = ask
    refusal = {"message": "No access to the model", "type": "new_api_error", "code": "denied"}
    gateway.reply(*[Json({"error": refusal}, status=403)] * 2)
    calls_of(whole)
    assert calls_of(whole) <= MOST_OF_ERROR


def test_token_makes_few_calls(gateway: Gateway, ask: Any) -> None:
    _, streamed, most = ask
    # In one write each: every further piece that the client reads takes calls of its own.
    streams = [Sse(text_chunks("word " * count)) for count in (10, 10, 110)]
    gateway.reply(*[Raw(b"".join(stream.steps()), close=False) for stream in streams])
    streamed()
    few, many = calls_of(streamed), calls_of(streamed)
    # One call more in each token would be 100; what arrives in more pieces takes a few.
    assert many - few < 100 * most + 75
