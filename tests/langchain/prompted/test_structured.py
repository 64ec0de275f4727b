"""Structured output through the prompt, and answers that do not follow."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_ramclouds import MissingToolCallError, StructuredOutputError
from tests.gateway import Gateway, Json, Sse, completion, text_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.tools import Report, add


@each_row("method", ["function_calling", "json_schema", "json_mode"])
@each_row("model", ["gpt-5", "claude-opus-4-5"])
async def test_every_method_gives_the_object(asking: Chat, method: Any, model: str) -> None:
    structured = asking(model=model).with_structured_output(_SCHEMA, method=method)
    question = "Report on Huế, as JSON with the keys 'city' and 'sunny'."
    answers = [
        structured.invoke(question),
        await structured.ainvoke(question),
        list(structured.stream(question))[-1],
        [part async for part in structured.astream(question)][-1],
    ]
    assert [answer.keys() for answer in answers] == [{"city", "sunny"}] * 4


_SCHEMA = {**Report.model_json_schema(), "title": "Report"}


async def test_forced_call_that_never_came_names_the_way(gateway: Gateway, asking: Chat) -> None:
    gateway.handler = lambda request: _prose(request.json)
    model = asking().bind_tools([add], tool_choice="any")
    with pytest.raises(
        MissingToolCallError, match=r"through the prompt \(tool_calling='prompted'\)"
    ):
        model.invoke("2 + 3")
    with pytest.raises(MissingToolCallError, match="use another model"):
        [part async for part in model.astream("2 + 3")]
    assert len(gateway.bodies) == 2


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_prose_names_the_way(gateway: Gateway, asking: Chat, method: Any) -> None:
    gateway.handler = lambda request: _prose(request.json)
    structured = asking().with_structured_output(Report, method=method)
    with pytest.raises(
        StructuredOutputError, match=r"through the prompt \(tool_calling='prompted'\)"
    ):
        structured.invoke("Report")
    with pytest.raises(StructuredOutputError, match="Use another model"):
        list(structured.stream("Report"))


def _prose(body: dict[str, Any]) -> Any:
    text = "I would rather talk."
    return Sse(text_chunks(text)) if body.get("stream") else Json(completion(text))
