"""Reasoning: shown on every chunk, kept in blocks, sent back where the model needs it."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock

from llama_index_ramclouds import EmptyAnswerError, RamClouds
from ramclouds import BadRequestError
from tests.gateway import Gateway, Json, Sse, WireCase, chunk, completion, text_chunks, usage
from tests.harness import Twin
from tests.llama_index.running import run
from tests.llama_index.toolbox import ADD

ASK = [ChatMessage("Why?")]


@pytest.mark.parametrize("spelling", ["reasoning_content", "reasoning"])
def test_reasoning_is_a_thinking_block(
    gateway: Gateway, llm: RamClouds, twin: Twin, spelling: str
) -> None:
    counted = usage(5, 9, reasoning_tokens=7)
    reasoning: dict[str, Any] = {spelling: "Hm, why."}
    gateway.reply(Json(completion("Because.", usage=counted, **reasoning)))

    answer = twin.call(llm, "chat", ASK)

    assert answer.message.blocks == [
        ThinkingBlock(content="Hm, why.", num_tokens=7),
        TextBlock(text="Because."),
    ]
    assert answer.message.content == "Because."


@pytest.mark.parametrize("spelling", ["reasoning_content", "reasoning"])
def test_thinking_deltas_from_the_first_chunk(
    gateway: Gateway, llm: RamClouds, twin: Twin, spelling: str
) -> None:
    first = chunk({"role": "assistant", "content": None, spelling: "Hm,"})
    rest = [chunk({spelling: " why."}), chunk({"content": "Because."}), chunk({}, "stop")]
    gateway.reply(Sse([first, *rest]))

    chunks = twin.call(llm, "stream_chat", ASK)

    deltas = [one.additional_kwargs["thinking_delta"] for one in chunks]
    assert deltas[:2] == ["Hm,", " why."]
    assert set(deltas[2:]) == {None}
    assert chunks[0].message.blocks == [ThinkingBlock(content="Hm,"), TextBlock(text="")]
    assert chunks[-1].message.blocks == [
        ThinkingBlock(content="Hm, why."),
        TextBlock(text="Because."),
    ]
    assert "".join(one.delta for one in chunks) == chunks[-1].message.content == "Because."


def test_an_answer_of_reasoning_alone_has_empty_text(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(
        Json(completion("", reasoning_content="Hm.")), Sse(text_chunks("", reasoning="Hm."))
    )

    answer = twin.call(llm, "chat", ASK)
    last = (twin.call(llm, "stream_chat", ASK))[-1]

    for message in (answer.message, last.message):
        assert message.content == ""
        assert [type(block) for block in message.blocks] == [ThinkingBlock, TextBlock]


def test_think_tags_are_split_off_on_request(gateway: Gateway, twin: Twin) -> None:
    llm = RamClouds(model="gpt-5", api_key="test-key", base_url=gateway.base_url, think_tags=True)
    gateway.reply(
        Json(completion("<think>Hm.</think>Because.")),
        Sse(text_chunks("<think>Hm.</think>Because of it.")),
    )

    answer = twin.call(llm, "chat", ASK)
    last = (twin.call(llm, "stream_chat", ASK))[-1]

    assert (answer.message.blocks[0].content, answer.message.content) == ("Hm.", "Because.")
    assert (last.message.blocks[0].content, last.message.content) == ("Hm.", "Because of it.")
    llm.close()


def _loop(llm: RamClouds, twin: Twin) -> Any:
    """One turn with a tool, as an agent makes it."""
    history = [ChatMessage("Please add 2 and 3: add(2, 3)")]
    asked = twin.call(llm, "stream_chat_with_tools", [ADD], chat_history=history)
    turn = asked[-1].message
    (selected,) = llm.get_tool_calls_from_response(asked[-1])
    answered = ChatMessage(
        role="tool", content="5", additional_kwargs={"tool_call_id": selected.tool_id}
    )
    return twin.call(llm, "chat_with_tools", [ADD], chat_history=[*history, turn, answered])


def test_reasoning_goes_back_where_the_model_needs_it(gateway: Gateway, twin: Twin) -> None:
    llm = RamClouds(model="kimi-k2-thinking", api_key="test-key", base_url=gateway.base_url)

    answer = _loop(llm, twin)

    assert answer.message.content == "The result is: 5"
    assert gateway.last.json["messages"][1]["reasoning_content"].startswith("Thinking about")
    llm.close()


def test_replay_can_be_switched_off_and_on(gateway: Gateway, twin: Twin) -> None:
    settings: dict[str, Any] = {
        "api_key": "test-key",
        "base_url": gateway.base_url,
        "max_retries": 0,
    }
    off = RamClouds(model="kimi-k2-thinking", replay_reasoning=False, **settings)
    on = RamClouds(model="gpt-5", replay_reasoning="turn", reasoning_effort="high", **settings)

    with pytest.raises(BadRequestError, match="reasoning_content"):
        _loop(off, twin)
    _loop(on, twin)

    assert gateway.last.json["messages"][1]["reasoning_content"].startswith("Thinking about")
    off.close()
    on.close()


@pytest.mark.parametrize("name", ["stream_reasoning_field", "stream_reasoning_content"])
def test_wire_cases_of_reasoning(gateway: Gateway, llm: RamClouds, twin: Twin, name: str) -> None:
    gateway.reply(WireCase(name))

    chunks = twin.call(llm, "stream_chat", ASK)

    thoughts = "".join(one.additional_kwargs["thinking_delta"] or "" for one in chunks)
    assert thoughts == chunks[-1].message.blocks[0].content


THOUGHTS = Json(completion("", reasoning_content="It must be 5."))
STREAMED_THOUGHTS = Sse(text_chunks(" ", reasoning="It must be 5."))


def test_thoughts_alone_are_shown_by_chat(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(THOUGHTS)

    answer = twin.call(llm, "chat", ASK)

    assert answer.message.blocks == [ThinkingBlock(content="It must be 5."), TextBlock(text="")]


def test_thoughts_alone_are_no_answer_to_an_agent(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(THOUGHTS, STREAMED_THOUGHTS)

    with pytest.raises(EmptyAnswerError, match="only thoughts: 'It must be 5") as plain:
        twin.call(llm, "chat_with_tools", [ADD], user_msg="2 + 3")
    with pytest.raises(EmptyAnswerError, match="Ask again") as streamed:
        twin.call(llm, "stream_chat_with_tools", [ADD], user_msg="2 + 3")

    assert plain.value.thinking == streamed.value.thinking == "It must be 5."
    assert plain.value.request_id is not None


def test_thoughts_that_took_all_tokens_say_so(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(Json(completion("", reasoning_content="Hm,", finish_reason="length")))

    with pytest.raises(EmptyAnswerError, match="Raise max_tokens"):
        twin.call(llm, "chat_with_tools", [ADD], user_msg="2 + 3")


# Core's workflows look at every attribute of an agent.
@pytest.mark.usefixtures("core_leaves_open")
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agent_does_not_end_in_silence(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    gateway.reply(STREAMED_THOUGHTS if streaming else THOUGHTS)
    agent = FunctionAgent(tools=[ADD], llm=llm, streaming=streaming)

    with pytest.raises(EmptyAnswerError):
        await run(agent, llm, "2 + 3")
