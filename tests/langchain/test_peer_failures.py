"""What users of other LangChain chat models complained about most, each by its thread."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel

import ramclouds
from tests.gateway import (
    Body,
    Gateway,
    Json,
    Raw,
    Sse,
    call,
    chunk,
    completion,
    error,
    text_chunks,
    usage,
    usage_chunk,
)
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.recording import total


class Answer(BaseModel):
    """An answer."""

    value: int


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_in_both_spellings(gateway: Gateway, chat: Chat, field: str) -> None:
    """langchain#35059, #32981, #36880, #34706: dropped without a word."""
    gateway.reply(Json(completion("Hi", **{field: "Hm"})))
    gateway.reply(Sse([chunk({field: "Hm"}), chunk({"content": "Hi"}), chunk({}, "stop")]))
    for message in (chat().invoke("x"), total(chat().stream("x"))):
        assert message.additional_kwargs["reasoning_content"] == "Hm"
        assert message.content_blocks[0] == {"type": "reasoning", "reasoning": "Hm"}


def test_reasoning_is_sent_back_in_a_tool_loop(gateway: Gateway, chat: Chat) -> None:
    """langchain#34166, #37177, #37389, #37713, #39370: 400 in agents."""
    gateway.reply(Json(completion("done")))
    asked = AIMessage(
        "",
        tool_calls=[{"name": "f", "args": {}, "id": "a"}],
        additional_kwargs={"reasoning_content": "Hm"},
    )
    history = [HumanMessage("x"), asked, ToolMessage("1", tool_call_id="a")]
    chat(model="deepseek-v3.2").invoke(history)
    assert gateway.last.json["messages"][1]["reasoning_content"] == "Hm"


def test_reasoning_blocks_of_other_models_stay_out_of_the_request(
    gateway: Gateway, chat: Chat
) -> None:
    """openwiki#231: 400 unknown variant `reasoning`, expected `text`."""
    gateway.reply(Json(completion()))
    chat().invoke(
        [AIMessage([{"type": "reasoning", "reasoning": "Hm"}, {"type": "text", "text": "Hi"}])]
    )
    assert gateway.last.json["messages"] == [{"role": "assistant", "content": "Hi"}]


def test_streams_have_usage_by_default(gateway: Gateway, chat: Chat) -> None:
    """langchain#34260, langgraph#4848, langchain-litellm#20: no token counts in streams."""
    gateway.reply(Sse(text_chunks("Hi", usage=usage(5, 7))))
    assert total(chat().stream("x")).usage_metadata == {
        "input_tokens": 5,
        "output_tokens": 7,
        "total_tokens": 12,
    }


def test_gateway_that_refuses_stream_options_is_asked_without(gateway: Gateway, chat: Chat) -> None:
    """langchain#30786, PRs #33205, #33296: usage in streams broke other gateways."""
    refusal = error("Unsupported parameter: 'stream_options'", code="invalid_request")
    gateway.reply(Json(refusal, 400), Sse(text_chunks("Hi")))
    assert total(chat().stream("x")).content == "Hi"
    assert ["stream_options" in body for body in gateway.bodies] == [True, False]


def test_cumulative_usage_is_not_added_up(gateway: Gateway, chat: Chat) -> None:
    """langchain#30429: a gateway that counts in every chunk tripled the tokens."""
    counted = [
        chunk({"content": "a"}, usage=usage(5, 1)),
        chunk({"content": "b"}, usage=usage(5, 2)),
        chunk({}, "stop", usage=usage(5, 2)),
        usage_chunk(usage(5, 2)),
    ]
    gateway.reply(Sse(counted))
    assert total(chat().stream("x")).usage_metadata == {
        "input_tokens": 5,
        "output_tokens": 2,
        "total_tokens": 7,
    }


def test_max_tokens_is_sent_as_max_tokens(gateway: Gateway, chat: Chat) -> None:
    """langchain#29954, #30113, #28943: renamed on the way."""
    gateway.reply(Json(completion()))
    chat(model="glm-4.6", max_tokens=9).invoke("x")
    assert gateway.last.json["max_tokens"] == 9
    assert "max_completion_tokens" not in gateway.last.json


def test_structured_output_needs_no_response_format(gateway: Gateway, chat: Chat) -> None:
    """langchain#29282, #32967, #34797: json_schema by default, refused elsewhere."""
    gateway.reply(Json(completion(None, tool_calls=[call("Answer", {"value": 4})])))
    model = chat(model="claude-opus-4-5")
    assert model.with_structured_output(Answer).invoke("x") == Answer(value=4)
    assert "response_format" not in gateway.last.json


@each_row(
    "answer",
    [
        Json({"choices": None}),
        Json({"choices": []}),
        Json({}),
        Json("text"),
        Body("<html>Welcome</html>", headers={"Content-Type": "text/html"}),
        Json(error("broken"), 200),
    ],
)
def test_200_that_is_no_completion_is_an_error_that_shows_it(
    gateway: Gateway, chat: Chat, answer: Any
) -> None:
    """langchain#32252, #38866, #15888, #19898: TypeError, IndexError, the body hidden."""
    gateway.reply(answer)
    with pytest.raises(ramclouds.RamCloudsError) as caught:
        chat().invoke("x")
    assert caught.value.response is not None
    assert caught.value.response.status_code == 200
    assert len(str(caught.value)) > 20


def test_several_event_loops_share_a_model(gateway: Gateway, chat: Chat) -> None:
    """langchain#35783: Event loop is closed; requests sent twice."""
    gateway.reply(*[Json(completion("Hi"))] * 3)
    model = chat()
    for _ in range(3):
        asyncio.run(model.ainvoke("x"))
    assert len(gateway.requests) == 3


@each_row("model", ["gpt-5-codex", "gpt-5-pro", "o3-pro", "gpt-6"])
def test_no_model_name_leads_to_another_route(gateway: Gateway, chat: Chat, model: str) -> None:
    """langchain#39320: /v1/responses by name, 404 on gateways; roles rewritten by name."""
    gateway.reply(Json(completion()))
    chat(model=model).bind_tools([Answer]).invoke([("system", "s"), ("user", "x")])
    assert gateway.last.path == "/v1/chat/completions"
    assert [m["role"] for m in gateway.last.json["messages"]] == ["system", "user"]


def test_tokens_are_counted_for_any_name_without_network(chat: Chat) -> None:
    """langchain#31390, #25431: NotImplementedError, downloads."""
    assert chat(model="glm-4.7").get_num_tokens_from_messages([HumanMessage("Hello")]) > 0


def test_model_pickles_and_deep_copies_after_use(
    gateway: Gateway, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """openai-python#837, crewAI#3828: cannot pickle RLock."""
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    gateway.reply(Json(completion()))
    model = chat()
    model.invoke("x")
    asyncio.run(_nothing())
    assert pickle.loads(pickle.dumps(model)) == copy.deepcopy(model) == model


async def _nothing() -> None:
    pass


def test_list_of_texts_is_sent_as_text(gateway: Gateway, chat: Chat) -> None:
    """langchain#25701, llama_index#17240: lists refused by simpler backends."""
    gateway.reply(Json(completion()))
    chat().invoke([HumanMessage([{"type": "text", "text": "x"}])])
    assert gateway.last.json["messages"][0]["content"] == "x"


@pytest.mark.parametrize("done", [True, False])
def test_truncated_stream_is_no_answer(gateway: Gateway, chat: Chat, done: bool) -> None:
    """langchain#20846, llmcord#84: half an answer taken for a whole one."""
    events = [f"data: {json.dumps(chunk({'content': 'Hel'}))}\n\n"] + ["data: [DONE]\n\n"] * done
    gateway.reply(Body("".join(events), headers={"Content-Type": "text/event-stream"}))
    with pytest.raises(ramclouds.StreamTruncatedError):
        list(chat().stream("x"))


def test_repeated_finish_reason_and_model_are_not_added_up(gateway: Gateway, chat: Chat) -> None:
    """Measured on three peers: finish_reason 'stopstop', model_name 'mm'."""
    gateway.reply(Sse([chunk({"content": "a"}, "stop"), chunk({}, "stop"), usage_chunk()]))
    metadata = total(chat().stream("x")).response_metadata
    assert (metadata["finish_reason"], metadata["model_name"]) == ("stop", "gpt-5.1")


def test_no_retries_means_one_request(gateway: Gateway, chat: Chat) -> None:
    """Measured on a peer: max_retries=0 sent eight."""
    gateway.handler = lambda _: Json(error("oops"), 500)
    with pytest.raises(ramclouds.ServerError):
        chat(max_retries=0).invoke("x")
    assert len(gateway.requests) == 1


def test_connection_lost_in_a_stream_is_ours(gateway: Gateway, chat: Chat) -> None:
    """Measured on four peers: a bare httpx error."""
    event = f"data: {json.dumps(chunk({'content': 'Hel'}))}\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
    gateway.reply(Raw(head + event.encode()))
    with pytest.raises(ramclouds.RamCloudsError) as caught:
        list(chat().stream("x"))
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_chunks_with_null_where_an_object_should_be_are_skipped(
    gateway: Gateway, chat: Chat
) -> None:
    """Measured on two peers: TypeError, AttributeError."""
    empty = [{**chunk(), "choices": []}, {**chunk(), "choices": None}]
    null_delta = {**chunk(), "choices": [{"index": 0, "delta": None, "finish_reason": None}]}
    gateway.reply(Sse([*empty, null_delta, *text_chunks("Hi")]))
    assert total(chat().stream("x")).content == "Hi"


def test_stream_is_asked_for_again_before_its_first_token(gateway: Gateway, chat: Chat) -> None:
    """Measured on peers: a retry around a generator retries nothing."""
    gateway.reply(Json(error("slow down"), 429, {"Retry-After": "0"}), Sse(text_chunks("Hi")))
    assert total(chat(max_retries=1).stream("x")).content == "Hi"
    assert len(gateway.requests) == 2
