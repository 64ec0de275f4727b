"""Objects that stream: each part is a part of the outermost object, and only grows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, field_validator

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, Request, Response, Sse, call, chunk, text_chunks, tool_chunks
from tests.harness import each_row


class Place(BaseModel):
    street: str | None = None
    number: int | None = None


class Person(BaseModel):
    name: str | None = None
    age: int | None = None
    places: list[Place] = []

    @field_validator("age", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        return {None: None, 1234: 1234}[value]  # a KeyError for any part of the number


WHOLE: dict[str, Any] = {
    "name": "An \U0001f600",
    "age": 1234,
    "places": [{"street": "Hàng", "number": 12}, {"street": "B", "number": 7}],
}
TEXT = (
    '{"name": "An \\ud83d\\ude00", "age": 1234, "places":'
    ' [{"street": "Hàng", "number": 12}, {"street": "B", "number": 7}]}'
)
WRITTEN = {
    "plain": TEXT,
    "fenced": f"```json\n{TEXT}\n```",
    "behind thoughts": f'<think>{{"name": "Binh"}}</think>\n{TEXT}',
    "behind an example": f'Like {{"colour": "red"}}. Yours: {TEXT}',
    "wrapped": f'{{"name": "Person", "parameters": {TEXT}}}',
    "list of one": f"[{TEXT}]",
}


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_part, part, whole))
    if isinstance(part, str):
        return isinstance(whole, str) and whole.startswith(part)
    return part is None or part == whole


def compared_with(parts: list[Any]) -> None:
    plain = [part if isinstance(part, dict) else part.model_dump() for part in parts]
    assert plain[-1] == WHOLE
    assert all(is_part(part, after) for part, after in itertools.pairwise(plain)), plain


@each_row(
    ("text", "as_call"),
    [*((text, False) for text in WRITTEN.values()), (TEXT, True), (WRITTEN["wrapped"], True)],
    ids=[*WRITTEN, "call", "wrapped call"],
)
def test_parts_of_an_object_only_grow(
    text: str,
    as_call: bool,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    def answer(request: Request) -> Response:
        if as_call and "tools" in request.json:
            return Sse(tool_chunks(call("Person", text), size=1))
        head, *_, last, counted = text_chunks("x")
        return Sse([head, *(chunk({"content": character}) for character in text), last, counted])

    gateway.handler = answer
    schema = {**Person.model_json_schema(), "title": "Person"}
    for kind in (Person, schema):
        for method in ("function_calling", "json_schema"):
            asked: Any = chat().with_structured_output(kind, method=method)
            compared_with(list(asked.stream("?")))
    for mode in ("function_calling", "text"):
        model = llm(structured_output_mode=mode)
        compared_with(list(model.stream_structured_predict(Person, PromptTemplate("?"))))
