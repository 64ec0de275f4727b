"""The eight methods: what is sent, and what comes back."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LogProb,
    MessageRole,
    TextBlock,
)

from llama_index_ramclouds import RamClouds
from ramclouds import (
    ConfigurationError,
    EmptyResponseError,
    InsufficientQuotaError,
    StreamTruncatedError,
)
from tests.gateway import (
    REQUEST_ID,
    Gateway,
    Json,
    Sse,
    WireCase,
    chunk,
    completion,
    error,
    text_chunks,
    usage_chunk,
)
from tests.harness import EACH_TWIN, Twin

pytestmark = EACH_TWIN

HELLO = [ChatMessage("Hello")]
COUNTS = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16}
ABOUT = {
    **COUNTS,
    "id": "chatcmpl-test1",
    "model": "gpt-5.1",
    "request_id": REQUEST_ID,
    "finish_reason": "stop",
}


def test_chat_answers_with_one_text_block(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    body = completion("Hi there")
    gateway.reply(Json(body))

    assert twin.call(llm, "chat", HELLO) == ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, blocks=[TextBlock(text="Hi there")]),
        raw=body,
        additional_kwargs=ABOUT,
    )


def test_chat_sends_only_what_was_set(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    twin.call(llm, "chat", HELLO)

    sent = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]}
    assert gateway.last.json == sent
    assert gateway.last.headers["Authorization"] == "Bearer test-key"


def test_complete_answers_with_text(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    body = completion("Hi there")
    gateway.reply(Json(body))

    assert twin.call(llm, "complete", "Hello") == CompletionResponse(
        text="Hi there", raw=body, additional_kwargs=ABOUT
    )
    assert gateway.last.json["messages"] == [{"role": "user", "content": "Hello"}]


def test_complete_takes_the_prompt_by_keyword(llm: RamClouds, twin: Twin) -> None:
    assert (twin.call(llm, "complete", prompt="Say exactly: yes")).text == "yes"
    assert (twin.call(llm, "stream_complete", prompt="Say exactly: yes"))[-1].text == "yes"


def test_complete_uses_completion_to_prompt_unless_formatted(gateway: Gateway, twin: Twin) -> None:
    llm = RamClouds(
        model="gpt-5",
        api_key="test-key",
        base_url=gateway.base_url,
        completion_to_prompt=lambda prompt: f"<{prompt}>",
    )

    twin.call(llm, "complete", "one")
    twin.call(llm, "complete", "two", formatted=True)
    twin.call(llm, "stream_complete", "three")
    twin.call(llm, "stream_complete", "four", formatted=True)

    sent = [request.json["messages"][0]["content"] for request in gateway.requests]
    assert sent == ["<one>", "two", "<three>", "four"]
    llm.close()


def test_streamed_deltas_add_up_to_the_content(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Sse(text_chunks("One two  three\n four")))

    chunks = twin.call(llm, "stream_chat", HELLO)

    text = ""
    for one in chunks:
        text += one.delta
        assert one.message.content == text
        assert one.message.blocks == [TextBlock(text=text)]
        assert one.message.role is MessageRole.ASSISTANT
    assert text == "One two  three\n four"


def test_streamed_completion_repeats_the_text_so_far(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Sse(text_chunks("One two three")))

    chunks = twin.call(llm, "stream_complete", "Count")

    assert "".join(one.delta for one in chunks) == "One two three"
    assert [one.text for one in chunks if one.delta] == ["One", "One two", "One two three"]
    assert chunks[-1].text == "One two three"


def test_usage_comes_with_the_last_chunk_alone(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Sse(text_chunks("One two")), Sse(text_chunks("One two")))

    for chunks in (
        twin.call(llm, "stream_chat", HELLO),
        twin.call(llm, "stream_complete", "Hello"),
    ):
        assert [one.raw["usage"] for one in chunks if one.raw.get("usage")] == [COUNTS]
        assert chunks[-1].raw["usage"] == COUNTS
        assert chunks[-1].additional_kwargs == {**ABOUT, "thinking_delta": None}
        assert all(one.additional_kwargs == {"thinking_delta": None} for one in chunks[:-1])
    assert gateway.last.json["stream_options"] == {"include_usage": True}


def test_every_chunk_has_blocks_of_its_own(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(Sse(text_chunks("One two three")))

    chunks = twin.call(llm, "stream_chat", HELLO)
    chunks[-1].message.blocks[0].text = "changed"
    chunks[-1].message.additional_kwargs["tool_calls"] = ["changed"]

    assert chunks[-2].message.content == "One two three"
    assert all(one.message.additional_kwargs == {} for one in chunks[:-1])


def test_a_chunk_is_as_if_validated(llm: RamClouds, twin: Twin) -> None:
    last = (twin.call(llm, "stream_chat", [ChatMessage("Say exactly: yes")]))[-1]

    assert last.message == ChatMessage(role="assistant", content="yes")
    assert last.message.model_dump() == ChatMessage(role="assistant", content="yes").model_dump()
    assert ChatResponse.model_validate_json(last.model_dump_json()) == last


def test_a_refusal_is_what_the_user_reads(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(
        Json(completion(None, refusal="I can't.")),
        Sse([chunk({"refusal": "I "}), chunk({"refusal": "can't."}), chunk({}, "stop")]),
    )

    answer = twin.call(llm, "chat", HELLO)
    chunks = twin.call(llm, "stream_chat", HELLO)

    assert (answer.message.content, answer.additional_kwargs["refusal"]) == ("I can't.",) * 2
    assert chunks[-1].message.content == "".join(one.delta for one in chunks) == "I can't."
    assert chunks[-1].additional_kwargs["refusal"] == "I can't."


def test_logprobs_of_each_token(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    ask = [ChatMessage("Say exactly: yes no")]
    alone = LogProb(token="yes", logprob=-0.1, bytes=list(b"yes"))

    answer = twin.call(llm, "chat", ask, model="gpt-4o", logprobs=True)
    chunks = twin.call(llm, "stream_chat", ask, model="gpt-4o", logprobs=True, top_logprobs=1)

    assert answer.logprobs[0] == [alone]
    assert next(one.logprobs[0] for one in chunks if one.logprobs) == [alone]
    assert gateway.last.json["top_logprobs"] == 1


def test_settings_are_sent_and_calls_override_them(gateway: Gateway, twin: Twin) -> None:
    llm = RamClouds(
        model="gpt-4o",
        api_key="test-key",
        base_url=gateway.base_url,
        temperature=0.5,
        max_tokens=7,
        top_p=0.9,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        stop=["END"],
        reasoning_effort="low",
        additional_kwargs={"seed": 3, "top_k": 5, "extra_body": {"a": 1}},
        extra_body={"a": 0, "b": 2},
    )

    twin.call(llm, "chat", HELLO, temperature=0, thinking={"type": "enabled"}, extra_body={"c": 3})

    sent = dict(gateway.last.json)
    assert sent.pop("messages") == [{"role": "user", "content": "Hello"}]
    sent.pop("stream", None)
    assert sent == {
        "model": "gpt-4o",
        "temperature": 0,
        "max_tokens": 7,
        "top_p": 0.9,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "stop": ["END"],
        "reasoning_effort": "low",
        "seed": 3,
        "top_k": 5,
        "thinking": {"type": "enabled"},
        "a": 1,
        "b": 2,
        "c": 3,
    }
    llm.close()


def test_a_misspelt_parameter_is_an_error(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    with pytest.raises(TypeError, match="temperature"):
        twin.call(llm, "chat", HELLO, temprature=0)
    with pytest.raises(TypeError, match="temperature"):
        twin.call(llm, "stream_chat", HELLO, temprature=0)
    with pytest.raises(ConfigurationError, match="temperature"):
        twin.call(llm, "complete", "Hello", temperature=3)
    assert gateway.requests == []


def test_several_answers_are_refused(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    with pytest.raises(ConfigurationError, match=r"n=2 .* one choice"):
        twin.call(llm, "chat", HELLO, n=2)
    with pytest.raises(ConfigurationError, match=r"n=2 .* one choice"):
        twin.call(llm, "stream_complete", "Hello", n=2)
    assert gateway.requests == []
    assert (twin.call(llm, "chat", HELLO, n=1)).message.content


def test_a_stream_cut_off_is_an_error_that_keeps_the_text(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Sse(text_chunks("One two", finish_reason=None)))

    with pytest.raises(StreamTruncatedError) as caught:
        twin.call(llm, "stream_chat", HELLO)

    assert caught.value.partial is not None
    assert caught.value.partial.text == "One two"


def test_an_empty_stream_is_an_error(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(WireCase("stream_empty_body"), Sse([usage_chunk()]))

    for kind in (StreamTruncatedError, EmptyResponseError):
        with pytest.raises(kind):
            twin.call(llm, "stream_chat", HELLO)


def test_the_gateways_error_is_one_of_the_tree(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    refused = Json(error("spent", code="insufficient_user_quota"), 403)
    gateway.reply(refused, refused)

    with pytest.raises(InsufficientQuotaError):
        twin.call(llm, "chat", HELLO)
    with pytest.raises(InsufficientQuotaError):
        twin.call(llm, "stream_complete", "Hello")


def test_messages_of_the_caller_stay_as_they_are(llm: RamClouds, twin: Twin) -> None:
    messages = [ChatMessage(role="system", content="Be brief."), ChatMessage("Hello")]
    before = [message.model_copy(deep=True) for message in messages]

    twin.call(llm, "chat", messages)
    twin.call(llm, "stream_chat", messages)

    assert messages == before


def test_list_models(llm: RamClouds, twin: Twin) -> None:
    models = twin.call(llm, "list_models")

    assert "gpt-5" in [model.id for model in models]
