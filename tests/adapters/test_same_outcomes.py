"""What a model wrote for a structured output: the same object, or error, in both adapters.

Each row goes through every method of LangChain and every mode of LlamaIndex, natively and through
the prompt; whole and streamed, sync and async by turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, RootModel, field_validator

import langchain_ramclouds
import llama_index_ramclouds
from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.gateway import (
    Gateway,
    Json,
    Request,
    Response,
    Sse,
    call,
    completion,
    text_chunks,
    tool_chunks,
)
from tests.harness import each_row


class Weather(BaseModel):
    city: str
    sunny: bool


class Address(BaseModel):
    street: str | None = None


class Person(BaseModel):
    """Fits nearly everything."""

    name: str | None = None
    address: Address | None = None
    note: str | None = None


class Node(BaseModel):
    label: str = ""
    kids: list[Node] = []


class Scores(RootModel[list[int]]):
    """No object."""


class Picky(BaseModel):
    size: int

    @field_validator("size", mode="before")
    @classmethod
    def _look_up(cls, value: Any) -> int:
        return {"small": 1}[value]


@dataclass(frozen=True)
class Row:
    name: str
    kind: type[BaseModel]
    text: str
    """What the model wrote, as text or as the arguments of the call."""
    value: Any = None
    error: str = ""
    finish_reason: str = "stop"
    only: str = ""
    """`text` or `call`: where it is written; empty: in both."""


HANOI = {"city": "Hanoi", "sunny": True}
TEXT = '{"city": "Hanoi", "sunny": true}'
PARIS = '{"city": "Paris", "sunny": true}'
CUT = '{"name": "An", "address": {"street": "Hàng Bài"}, "note": "some lo'
AN = {"name": "An", "address": None, "note": None}
AT_A = {"name": None, "address": {"street": "A"}, "note": None}
CALL = '{"name": "Person", "parameters": {"name": "An"}}'
DEEP = "[" * 100_000

ROWS = [
    Row("plain", Weather, TEXT, HANOI),
    Row("fenced", Weather, f"```json\n{TEXT}\n```", HANOI, only="text"),
    Row("in prose", Weather, f"Sure [really]! {TEXT} See [1].", HANOI, only="text"),
    Row("punctuation", Weather, "{'city': 'Hanoi', 'sunny': true,}", HANOI, only="text"),
    Row("whole before the limit", Weather, TEXT, HANOI, finish_reason="length", only="text"),
    Row("cut by length", Person, CUT, error="max_tokens", finish_reason="length"),
    Row("cut in silence", Person, CUT, error="not valid JSON", only="text"),
    Row("comma lost", Person, CUT.replace(",", "", 1) + '"}', error="valid JSON", only="text"),
    Row("arguments cut", Person, CUT, error="arguments are not the JSON", only="call"),
    Row("cut by Gemini's limit", Person, CUT, error="max_tokens", finish_reason="MAX_TOKENS"),
    Row(
        "recursive, cut",
        Node,
        '{"label": "root", "kids": [{"label": "leaf"}',
        error="max_tokens",
        finish_reason="length",
    ),
    Row("draft in thoughts", Weather, f"<think>{PARIS}. Wait.</think>{TEXT}", HANOI, only="text"),
    Row("thoughts alone", Weather, f"<think>{TEXT}</think>", error="without JSON", only="text"),
    Row("example first", Weather, f"Like {PARIS}. Yours: {TEXT}", error="differ", only="text"),
    Row(
        "example, then cut",
        Weather,
        f'Like {PARIS}. Yours: {{"city": "Han',
        error="max_tokens",
        finish_reason="length",
        only="text",
    ),
    Row("example, then broken", Weather, f"{PARIS} {TEXT[:-2]}", error="valid JSON", only="text"),
    Row("same twice", Weather, f"{TEXT}\n{TEXT}", HANOI, only="text"),
    Row("list of one", Weather, f"[{TEXT}]", HANOI),
    Row("encoded twice", Weather, '"{\\"city\\": \\"Hanoi\\", \\"sunny\\": true}"', HANOI),
    Row("call", Person, CALL, AN),
    Row("call of text", Person, '{"name": "P", "arguments": "{\\"name\\": \\"An\\"}"}', AN),
    Row("call of an action", Person, '{"action": "P", "action_input": {"name": "An"}}', AN),
    Row("call of a function", Person, f'{{"type": "function", "function": {CALL}}}', AN),
    Row("under the name of its class", Weather, f'{{"Weather": {TEXT}}}', HANOI),
    Row("nested text", Person, '{"address": "{\\"street\\": \\"A\\"}"}', AT_A),
    Row("no field of it", Person, '{"colour": "red"}', error="none of 'colour' is a field"),
    Row("field missing", Weather, '{"city": "Hanoi"}', error="Field required"),
    Row("no object", Weather, "[1]", error="not an object", only="text"),
    Row("wrapped list", Scores, '{"value": [1, 2]}', [1, 2]),
    Row("bare list", Scores, "[1, 2]", [1, 2]),
    Row("validator raises", Picky, '{"size": "big"}', error="KeyError"),
    Row("validator raises at first", Picky, '{"of": {"size": "small"}}', {"size": 1}),
    Row("runaway nesting", Weather, DEEP, error="not valid JSON", only="text"),
    Row("runaway arguments", Weather, '{"a":' * 100_000, error="arguments are not", only="call"),
    Row("prose", Weather, "I do not know.", error="text without JSON", only="text"),
    Row("filtered", Weather, "", error="filter", finish_reason="content_filter", only="text"),
    Row("refused", Weather, "No.", error="It is a refusal", finish_reason="refusal", only="text"),
]  # fmt: skip

METHODS = ("function_calling", "json_schema", "json_mode")
MODES = ("function_calling", "json_schema", "json_mode", "text")


def answered(row: Row, *, as_call: bool) -> Callable[[Request], Response]:
    """What the gateway does with a request for the row's object."""

    def answer(request: Request) -> Response:
        is_call = as_call and "tools" in request.json
        reason = "tool_calls" if is_call and row.finish_reason == "stop" else row.finish_reason
        if is_call:
            made = call(row.kind.__name__, row.text)
            if request.json.get("stream"):
                return Sse(tool_chunks(made, finish_reason=reason, size=max(8, len(row.text) // 9)))
            return Json(completion(None, tool_calls=[made], finish_reason=reason))
        text = f"{row.text} " if request.json.get("stream") else row.text
        if not request.json.get("stream"):
            return Json(completion(text, finish_reason=reason))
        return Sse(text_chunks(text, finish_reason=reason))

    return answer


def turns(row: Row) -> list[tuple[bool, bool]]:
    """Whether each way of asking is async and streamed: each row begins with another one."""
    order = [(False, True), (False, False), (True, True), (True, False)]
    place = ROWS.index(row) % len(order)
    return order[place:] + order[:place]


def of_langchain(model: ChatRamClouds, row: Row, methods: Sequence[str]) -> Iterator[Any]:
    """What each way of asking gives: an object, or the error instead of it."""
    for method, (is_async, streamed) in zip(methods, turns(row), strict=False):
        asked: Any = model.with_structured_output(row.kind, method=method)
        try:
            if is_async:
                yield asyncio.run(_last(asked)) if streamed else asyncio.run(asked.ainvoke("?"))
            else:
                yield list(asked.stream("?"))[-1] if streamed else asked.invoke("?")
        except langchain_ramclouds.StructuredOutputError as error:
            yield error


async def _last(asked: Any) -> Any:
    return [part async for part in asked.astream("?")][-1]


def of_llama_index(llm: RamClouds, row: Row, modes: Sequence[str]) -> Iterator[Any]:
    """What each way of asking gives: an object, or the error instead of it."""
    prompt = PromptTemplate("?")
    for mode, (is_async, streamed) in zip(modes, turns(row), strict=False):
        llm.structured_output_mode = mode  # type: ignore[assignment]
        try:
            if is_async:
                yield asyncio.run(_predicted(llm, row.kind, prompt, streamed=streamed))
            elif streamed:
                yield list(llm.stream_structured_predict(row.kind, prompt))[-1]
            else:
                yield llm.structured_predict(row.kind, prompt)
        except llama_index_ramclouds.StructuredOutputError as error:
            yield error


async def _predicted(
    llm: RamClouds, kind: type[BaseModel], prompt: PromptTemplate, *, streamed: bool
) -> Any:
    async with llm:
        if not streamed:
            return await llm.astructured_predict(kind, prompt)
        return [part async for part in await llm.astream_structured_predict(kind, prompt)][-1]


def compared_with(row: Row, found: list[Any]) -> None:
    if row.error:
        assert [type(one).__name__ for one in found] == ["StructuredOutputError"] * len(found)
        assert all(row.error in str(one) for one in found), found
        assert all(row.text[:40] in str(one).replace("\\'", "'") for one in found)
        assert not any(
            'tool_calling="prompted"' in str(one) for one in found if row.finish_reason != "stop"
        )
    else:
        assert [one.model_dump() for one in found] == [row.value] * len(found)


TEXTS = [row for row in ROWS if row.only != "call" and row.text != DEEP]
PLACES = [(row, False) for row in ROWS if row.only != "call"]
PLACES += [(row, True) for row in ROWS if row.only != "text"]


@each_row("row", TEXTS, ids=lambda row: row.name)
def test_both_adapters_read_the_same_through_the_prompt(
    row: Row,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    gateway.handler = answered(row, as_call=False)
    found = list(of_langchain(chat(tool_calling="prompted"), row, METHODS[:2]))
    found += of_llama_index(llm(tool_calling="prompted"), row, MODES[:1])
    compared_with(row, found)


@each_row(
    ("row", "as_call"),
    PLACES,
    ids=[f"{row.name}-{'call' if made else 'text'}" for row, made in PLACES],
)
def test_both_adapters_read_the_same(
    row: Row,
    as_call: bool,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    gateway.handler = answered(row, as_call=as_call)
    found = list(of_langchain(chat(), row, METHODS[:1] if as_call else METHODS))
    found += of_llama_index(llm(), row, MODES[:1] if as_call else MODES)
    compared_with(row, found)
