"""Structured output: three ways of asking, read in one way."""

from __future__ import annotations

from typing import Annotated, Any

import langchain_core.exceptions as core
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from pydantic import BaseModel
from typing_extensions import TypedDict

from langchain_ramclouds import RefusalError, StructuredOutputError
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Sse, call, completion, text_chunks, tool_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat


class Joke(BaseModel):
    """A joke."""

    setup: str
    punchline: str


class JokeDict(TypedDict):
    """A joke."""

    setup: Annotated[str, ..., "how it begins"]
    punchline: Annotated[str, ..., "how it ends"]


_SCHEMA = {**Joke.model_json_schema(), "title": "Joke"}
_JSON = '{"setup": "Why?", "punchline": "{Because} \\"so\\"."}'
_VALUE = {"setup": "Why?", "punchline": '{Because} "so".'}
_JOKE = Joke(**_VALUE)

_TOOL = {"type": "function", "function": {"name": "Joke", "parameters": _SCHEMA}}

_SCHEMAS = [(Joke, _JOKE), (JokeDict, _VALUE), (_SCHEMA, _VALUE), (_TOOL, _VALUE)]


def _answer(method: str, name: str = "Joke") -> dict[str, Any]:
    if method == "function_calling":
        return completion(None, tool_calls=[call(name, _JSON)])
    return completion(_JSON)


@each_row("method", ["function_calling", "json_schema", "json_mode"])
@each_row(("schema", "value"), _SCHEMAS)
async def test_every_method_gives_every_schema(
    gateway: Gateway, chat: Chat, method: Any, schema: Any, value: Any
) -> None:
    name = "JokeDict" if schema is JokeDict else "Joke"
    gateway.reply(*[Json(_answer(method, name))] * 2)
    structured = chat().with_structured_output(schema, method=method)
    assert structured.invoke("A joke, as JSON") == value
    assert await structured.ainvoke("A joke, as JSON") == value


def test_parser_reads_texts_too(chat: Chat) -> None:
    structured: Any = chat().with_structured_output(Joke, method="json_schema")
    parser = structured.steps[-1]
    assert parser.invoke(_JSON) == parser.parse(_JSON) == _JOKE
    # Named so in LangChain's serialized form.
    assert parser._type == "ramclouds_structured"


def test_function_calling_forces_the_one_tool(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(_answer("function_calling")))
    chat().with_structured_output(Joke, method="function_calling", strict=True).invoke("A joke")
    body = gateway.last.json
    assert body["tool_choice"] == {"type": "function", "function": {"name": "Joke"}}
    assert "response_format" not in body


def test_json_schema_sends_the_schema(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(_answer("json_schema")))
    chat().with_structured_output(Joke, method="json_schema", strict=True).invoke("A joke")
    body = gateway.last.json
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["setup", "punchline"]
    assert [m["role"] for m in body["messages"]] == ["user"]


def test_json_mode_sends_json_object_and_takes_no_schema(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion('{"a": 1}')))
    assert chat().with_structured_output(method="json_mode").invoke("JSON, please") == {"a": 1}
    assert gateway.last.json["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("model", ["claude-opus-4-5", "glm-4.7", "claude-opus-4-5-CL"])
def test_channel_that_drops_response_format_is_asked_through_the_prompt_too(
    gateway: Gateway, chat: Chat, model: str
) -> None:
    gateway.reply(Json(completion(_JSON)), Json(completion(_JSON)))
    structured = chat(model=model).with_structured_output(Joke, method="json_schema")
    structured.invoke("A joke")
    structured.invoke([("system", "Be funny."), ("user", "A joke")])
    first, second = (body["messages"] for body in gateway.bodies)
    assert [m["role"] for m in first] == [m["role"] for m in second] == ["system", "user"]
    assert '"punchline"' in first[0]["content"]
    assert second[0]["content"].startswith("Be funny.\n\n")


_WRAPPED = [
    _JSON,
    f"```json\n{_JSON}\n```",
    f"```\n{_JSON}\n```",
    f"Sure! Here is {{your}} joke:\n```json\n{_JSON}\n```\nEnjoy [it].",
    f"Here it is: {_JSON} Enjoy.",
    f"<think>{{hm}}</think>\n{_JSON}",
]


@each_row("text", _WRAPPED)
@each_row("method", ["function_calling", "json_schema", "json_mode"])
def test_fences_and_prose_around_the_json_do_not_matter(
    gateway: Gateway, chat: Chat, text: str, method: Any
) -> None:
    gateway.reply(Json(completion(text)), Sse(text_chunks(text)))
    structured = chat().with_structured_output(Joke, method=method)
    assert structured.invoke("A joke") == _JOKE
    assert list(structured.stream("A joke"))[-1] == _JOKE


def test_stream_gives_partial_objects_that_grow(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(tool_chunks(call("Joke", _JSON))), Sse(text_chunks(f"```json\n{_JSON}```")))
    asked = chat().with_structured_output(_SCHEMA, method="function_calling")
    by_tool = list(asked.stream("A joke"))
    by_text = list(chat().with_structured_output(_SCHEMA, method="json_schema").stream("A joke"))
    for parts in (by_tool, by_text):
        assert len(parts) > 2
        assert parts[-1] == _VALUE
        assert all(_VALUE["setup"].startswith(part.get("setup", "")) for part in parts)


async def test_stream_of_a_pydantic_model_gives_valid_ones_only(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Sse(tool_chunks(call("Joke", _JSON))))
    structured = chat().with_structured_output(Joke, method="function_calling")
    parts = [part async for part in structured.astream("A joke")]
    assert all(isinstance(part, Joke) for part in parts)
    assert parts[-1] == _JOKE


_BAD = [
    (completion("I know no jokes."), "text without JSON"),
    (completion('{"setup": "Why?"}'), "punchline"),
    (completion('{"setup": "Wh', finish_reason="length"), "max_tokens"),
    (completion("", finish_reason="content_filter"), "filter"),
    (completion("[1]"), "object"),
]


@each_row(("body", "reason"), _BAD)
@each_row("schema", [_SCHEMA, JokeDict])
@each_row("method", ["function_calling", "json_schema"])
def test_answer_that_does_not_fit_is_an_error_that_says_why(
    gateway: Gateway, chat: Chat, body: dict[str, Any], reason: str, schema: Any, method: Any
) -> None:
    gateway.reply(Json(body))
    with pytest.raises(StructuredOutputError, match=reason) as caught:
        chat().with_structured_output(schema, method=method).invoke("A joke")
    assert isinstance(caught.value, core.OutputParserException)
    assert caught.value.llm_output == body["choices"][0]["message"]["content"]


async def test_stream_that_does_not_fit_is_an_error_too(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(*[Sse(text_chunks("I know no jokes."))] * 2)
    structured = chat().with_structured_output(Joke)
    with pytest.raises(StructuredOutputError, match="text without JSON"):
        list(structured.stream("A joke"))
    with pytest.raises(StructuredOutputError, match="text without JSON"):
        [part async for part in structured.astream("A joke")]


def test_arguments_cut_off_in_a_stream_are_an_error(gateway: Gateway, chat: Chat) -> None:
    cut = call("Joke", '{"setup": "Why?", "punchline": "Bec')
    gateway.reply(Sse(tool_chunks(cut, finish_reason="length")))
    with pytest.raises(StructuredOutputError, match="max_tokens"):
        list(chat().with_structured_output(_SCHEMA).stream("A joke"))


def test_invalid_arguments_are_an_error(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion(None, tool_calls=[call("Joke", "setup: Why?")])))
    with pytest.raises(StructuredOutputError, match="arguments"):
        chat().with_structured_output(Joke, method="function_calling").invoke("A joke")


def test_refusal_is_an_error_of_its_own(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(*[Json(completion(None, refusal="Not funny."))] * 2)
    with pytest.raises(RefusalError, match=r"Not funny\.") as caught:
        chat().with_structured_output(Joke).invoke("A joke")
    # In langchain-core since 1.7.5.
    assert isinstance(caught.value, getattr(core, "ModelRefusalError", core.ModelError))
    assert caught.value.raw_message.additional_kwargs == {"refusal": "Not funny."}
    with pytest.raises(RefusalError):
        chat().with_structured_output(Joke, method="json_schema").invoke("A joke")


def test_include_raw_keeps_the_message_as_it_came(gateway: Gateway, chat: Chat) -> None:
    text = f"Here:\n```json\n{_JSON}\n```"
    gateway.reply(Json(completion(text)), Json(completion("no")))
    structured = chat().with_structured_output(Joke, method="json_schema", include_raw=True)
    good, bad = structured.invoke("A joke"), structured.invoke("A joke")
    assert (good["raw"].content, good["parsed"], good["parsing_error"]) == (text, _JOKE, None)
    assert (bad["raw"].content, bad["parsed"]) == ("no", None)
    assert isinstance(bad["parsing_error"], StructuredOutputError)


def test_other_tools_may_be_called_instead(gateway: Gateway, chat: Chat) -> None:
    def look_up(word: str) -> str:
        """Look a word up."""
        return word

    gateway.reply(Json(completion(None, tool_calls=[call("look_up", {"word": "pun"})])))
    structured = chat().with_structured_output(
        Joke, method="function_calling", include_raw=True, tools=[look_up]
    )
    result = structured.invoke("A joke")
    assert gateway.last.json["tool_choice"] == "required"
    assert result["raw"].tool_calls[0]["name"] == "look_up"
    assert (result["parsed"], result["parsing_error"]) == (None, None)


@pytest.mark.parametrize(
    "arguments",
    [
        {"schema": Joke, "method": "magic"},
        {"schema": Joke, "method": "json_mode", "strict": True},
        {"schema": None, "method": "json_schema"},
    ],
)
def test_senseless_arguments_are_an_error(chat: Chat, arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        chat().with_structured_output(**arguments)


def test_tracing_sees_method_and_schema(gateway: Gateway, chat: Chat) -> None:
    seen: list[Any] = []

    class Handler(BaseCallbackHandler):
        def on_chat_model_start(self, *_: Any, options: Any = None, **__: Any) -> None:
            seen.append(options["ls_structured_output_format"])

    gateway.reply(Json(_answer("function_calling")))
    chat().with_structured_output(Joke, method="function_calling").invoke(
        "A joke", config={"callbacks": [Handler()]}
    )
    (traced,) = seen
    assert traced["kwargs"] == {"method": "function_calling", "strict": None}
    assert traced["schema"]["title"] == "Joke"
