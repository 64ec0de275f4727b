"""Answers to JSON schemas and TypedDicts are held to all of them; and what include_raw keeps."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from typing_extensions import TypedDict

from langchain_ramclouds import StructuredOutputError
from ramclouds import BadRequestError, StreamTruncatedError
from tests.gateway import Gateway, Json, Sse, call, completion, text_chunks, tool_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat


class Review(TypedDict):
    """A review."""

    score: float
    mood: Literal["good", "bad"]


SCHEMA: dict[str, Any] = {
    "title": "Review",
    "type": "object",
    "properties": {
        "score": {"enum": [0, 0.5, 1]},
        "kind": {"const": "review"},
        "by": {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]},
    },
    "required": ["score"],
}
WRONG = [
    (Review, {"score": "high", "mood": "good"}, "not of type 'number'"),
    (Review, {"score": 1, "mood": "so so"}, "not one of"),
    (SCHEMA, {"score": 0.7}, "not one of"),
    (SCHEMA, {"score": 1, "kind": "poem"}, "'review' was expected"),
    (SCHEMA, {"score": 1, "by": {"age": "7"}}, r"\$\.by\.age"),
    (SCHEMA, {}, "'score' is a required property"),
]


class Loose(TypedDict, total=False):
    """Nothing is needed, and None is a value."""

    age: int | None
    size: Annotated[int, 3, "In inches."]


@pytest.mark.parametrize("value", [{"age": None}, {"age": 7, "size": 4}], ids=repr)
def test_none_and_missing_keys_of_a_typed_dict_are_taken(
    gateway: Gateway, chat: Chat, value: Any
) -> None:
    gateway.reply(Json(completion(None, tool_calls=[call("Loose", value)])))
    asked: Any = chat().with_structured_output(Loose, method="function_calling")
    assert asked.invoke("?") == value
    sent = gateway.last.json["tools"][0]["function"]["parameters"]
    assert sent["properties"]["size"] == {"type": "integer", "description": "In inches."}
    assert {"type": "null"} in sent["properties"]["age"]["anyOf"]


NAMED = {"name": "review", "schema": SCHEMA}


@pytest.mark.parametrize("schema", [NAMED, {"type": "json_schema", "json_schema": NAMED}])
def test_schemas_as_openai_writes_them_are_enforced(
    gateway: Gateway, chat: Chat, schema: Any
) -> None:
    gateway.reply(Json(completion('{"score": 0.7}')))
    with pytest.raises(StructuredOutputError, match="not one of"):
        chat().with_structured_output(schema, method="json_schema").invoke("?")
    assert "score" in gateway.last.json["response_format"]["json_schema"]["schema"]["properties"]


@each_row(("schema", "value", "error"), WRONG)
def test_value_that_the_schema_does_not_allow_is_an_error(
    gateway: Gateway, chat: Chat, schema: Any, value: Any, error: str
) -> None:
    gateway.reply(
        Json(completion(None, tool_calls=[call("Review", value)])),
        Json(completion(json.dumps(value))),
    )
    for method in ("function_calling", "json_schema"):
        with pytest.raises(StructuredOutputError, match=error):
            chat().with_structured_output(schema, method=method).invoke("?")


def test_value_that_the_schema_allows_comes_as_it_is(gateway: Gateway, chat: Chat) -> None:
    value = {"score": 0.5, "kind": "review", "by": {"age": 7}, "more": 1}
    gateway.reply(Json(completion(None, tool_calls=[call("Review", value)])))
    by_call: Any = chat().with_structured_output(SCHEMA, method="function_calling")
    assert by_call.invoke("?") == value


@each_row("text", ['{"score": 0.7}', '{"score": 1', "[" * 100_000, "No."])
async def test_include_raw_never_raises_for_what_came(
    gateway: Gateway, chat: Chat, text: str
) -> None:
    made = call("Review", text)
    gateway.reply(
        *[Sse(text_chunks(text)), Json(completion(text))] * 2, Sse(tool_chunks(made, size=50_000))
    )
    by_text: Any = chat().with_structured_output(SCHEMA, method="json_schema", include_raw=True)
    by_call: Any = chat().with_structured_output(
        SCHEMA, method="function_calling", include_raw=True
    )
    found = [
        _summed(list(by_text.stream("?"))),
        by_text.invoke("?"),
        _summed([part async for part in by_text.astream("?")]),
        await by_text.ainvoke("?"),
        _summed(list(by_call.stream("?"))),
    ]
    assert [one["parsed"] for one in found] == [None] * 5
    assert all(isinstance(one["parsing_error"], StructuredOutputError) for one in found)
    assert all(one["raw"] is not None for one in found)


async def test_include_raw_keeps_what_came_of_a_message_that_broke_off(
    gateway: Gateway, chat: Chat
) -> None:
    begun = '{"score": 1, "kind": "rev'
    gateway.handler = lambda request: (
        Sse(text_chunks(begun, finish_reason=None))
        if request.json.get("stream")
        else Json(completion(begun, finish_reason="error"))
    )
    asking: Any = chat().with_structured_output(SCHEMA, method="json_schema", include_raw=True)
    found = [
        _summed(list(asking.stream("?"))),
        asking.invoke("?"),
        _summed([part async for part in asking.astream("?")]),
        await asking.ainvoke("?"),
        *asking.batch(["?"]),
        *await asking.abatch(["?"]),
    ]
    assert [one["parsed"] for one in found] == [None] * 6
    assert all(isinstance(one["parsing_error"], StreamTruncatedError) for one in found)
    assert [one["raw"].text for one in found] == [begun] * 6


def test_include_raw_raises_where_nothing_came(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(*[Json({"error": {"message": "No.", "code": "x"}}, status=400)] * 2)
    asking: Any = chat().with_structured_output(SCHEMA, method="json_schema", include_raw=True)
    with pytest.raises(BadRequestError):
        asking.invoke("?")
    with pytest.raises(BadRequestError):
        list(asking.stream("?"))


def _summed(parts: list[Any]) -> Any:
    first, *rest = parts
    for part in rest:
        first = first + part
    return first
