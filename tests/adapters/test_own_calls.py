"""How many functions of ours one call, and one token of a stream, runs through in an adapter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, Json, Sse, completion, text_chunks

ROOT = Path(__file__).parents[2]
ROOMS = ("langchain_ramclouds", "llama_index_ramclouds", "ramclouds/bridge", "ramclouds/prompted")
INSIDE = tuple(f"{ROOT / room}/" for room in ROOMS)


def calls_of(run: Callable[[], Any]) -> int:
    """The calls of functions in the rooms of the adapters."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(INSIDE)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
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
    """One whole call, one streamed, and the calls that a token may make in the adapter."""
    if request.param == "langchain":
        model = chat()
        return lambda: model.invoke("Hi"), lambda: list(model.stream("Hi")), 3
    built, messages = llm(), [ChatMessage("Hi")]
    return lambda: built.chat(messages), lambda: list(built.stream_chat(messages)), 4


def test_plain_call_makes_few_calls(gateway: Gateway, ask: Any) -> None:
    whole, _, _ = ask
    gateway.reply(*[Json(completion())] * 2)
    whole()
    # Thirteen of them fit the request to its model.
    assert calls_of(whole) <= 86


def test_token_makes_few_calls(gateway: Gateway, ask: Any) -> None:
    _, streamed, most = ask
    gateway.reply(*[Sse(text_chunks("word " * count)) for count in (10, 10, 110)])
    streamed()
    few, many = calls_of(streamed), calls_of(streamed)
    # One call more in each token would be 100; a few may be of the collector.
    assert many - few < 100 * most + 50
