"""Structured output: what is found in an answer, and what is none."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest
from pydantic import BaseModel, Field

from llama_index_ramclouds import RamClouds, StructuredOutputError
from ramclouds import RamCloudsError
from tests.gateway import (
    Gateway,
    Json,
    Sse,
    completion,
    text_chunks,
    tool_chunks,
)
from tests.gateway import call as tool_call
from tests.harness import Twin, each_row
from tests.llama_index.albums import (
    EXPECTED,
    MODES,
    PROMPT,
    RIVERS,
    Album,
    Song,
    answer_with,
    in_mode,
)


@each_row(
    "text",
    [
        json.dumps(RIVERS),
        f"```json\n{json.dumps(RIVERS, indent=1)}\n```",
        f"Here it is:\n```\n{json.dumps(RIVERS)}\n```\nEnjoy {{it}}!",
        f"Sure [really]! {json.dumps(RIVERS)} Anything else?",
        f'<think>{{"name": "draft"}}</think>{json.dumps(RIVERS)}',
    ],
    ids=["bare", "fenced", "fence-in-prose", "prose", "after-thinking"],
)
@each_row("mode", ["auto", *MODES])
def test_json_is_found_in_the_text(
    gateway: Gateway, llm: RamClouds, twin: Twin, mode: str, text: str
) -> None:
    answer_with(gateway, text)
    in_mode(llm, mode)

    assert twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers") == EXPECTED
    streamed = twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")
    assert streamed[-1] == EXPECTED
    assert len(gateway.requests) == 2


def test_punctuation_is_repaired(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    answer_with(gateway, "{'name': 'Rivers', 'songs': [],}")

    made = twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")

    assert made == Album(name="Rivers")


def test_an_answer_cut_off_is_no_object(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    class Loose(BaseModel):
        name: str = ""
        songs: list[Song] = Field(default_factory=list)

    cut = json.dumps(RIVERS)[:60]
    one = tool_call("Loose", cut)
    gateway.reply(
        Json(completion(cut, finish_reason="length")),
        Json(completion(None, tool_calls=[one], finish_reason="length")),
        Sse(tool_chunks(one, finish_reason="length")),
        Sse(text_chunks(cut, finish_reason="length")),
    )

    for _ in range(2):
        with pytest.raises(StructuredOutputError, match="Raise max_tokens"):
            twin.call(llm, "structured_predict", Loose, PROMPT, topic="rivers")
    for _ in range(2):
        with pytest.raises(StructuredOutputError, match="Raise max_tokens"):
            twin.call(llm, "stream_structured_predict", Loose, PROMPT, topic="rivers")


@each_row("text", ["I cannot do that.", "", '{"songs": []}', "{" * 50])
def test_an_answer_without_the_object_is_an_error_that_keeps_the_text(
    gateway: Gateway, llm: RamClouds, twin: Twin, text: str
) -> None:
    answer_with(gateway, text)

    with pytest.raises(StructuredOutputError, match="holds no Album") as plain:
        twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    with pytest.raises(StructuredOutputError) as streamed:
        twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")

    assert plain.value.text == streamed.value.text == text
    assert isinstance(plain.value, RamCloudsError)
    assert isinstance(plain.value, ValueError)


def test_prose_in_text_mode_names_no_way_that_it_is_asked_in_already(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    answer_with(gateway, "I cannot do that.")

    with pytest.raises(
        StructuredOutputError, match=r"through the prompt\. Use another model"
    ) as caught:
        twin.call(in_mode(llm, "text"), "structured_predict", Album, PROMPT, topic="rivers")

    assert "tool_calling" not in str(caught.value)


def test_a_call_with_wrong_arguments_is_an_error(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    wrong = tool_call("Album", {"songs": "none"})
    gateway.reply(Json(completion(None, tool_calls=[wrong])), Sse(tool_chunks(wrong)))

    with pytest.raises(StructuredOutputError, match="Field required"):
        twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    with pytest.raises(StructuredOutputError, match="Field required"):
        twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")


def test_partial_objects_arrive_while_it_streams(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(
        Sse(tool_chunks(tool_call("Album", RIVERS), size=12)),
        Sse(text_chunks(json.dumps(RIVERS))),
    )

    by_call = twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")
    by_text = twin.call(
        in_mode(llm, "text"), "stream_structured_predict", Album, PROMPT, topic="rivers"
    )

    for arrived in (by_call, by_text):
        assert arrived[-1] == EXPECTED
        counts = [len(one.songs or []) for one in arrived]
        assert counts == sorted(counts)
        assert set(counts) == {0, 1, 2}
        assert all(a != b for a, b in itertools.pairwise(arrived))


def test_leaving_a_stream_of_objects_frees_the_connection(gateway: Gateway, llm: RamClouds) -> None:
    async def leave() -> None:
        stream = await llm.astream_structured_predict(Album, PROMPT, topic="rivers")
        async for _ in stream:
            break
        await stream.aclose()
        await asyncio.to_thread(gateway.wait_idle)
        await llm.aclose()

    objects = llm.stream_structured_predict(Album, PROMPT, topic="rivers")
    next(objects)
    objects.close()
    gateway.wait_idle()
    asyncio.run(leave())
