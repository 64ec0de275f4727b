"""The model inside chains, agents and graphs, as users write them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_ramclouds import MissingToolCallError
from tests.gateway import Gateway, Json, Sse, call, completion, text_chunks, tool_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.tools import BOTH, Report, add, converse, get_weather

# --- chains ---


def test_parallel_branches_and_batch(gateway: Gateway, chat: Chat) -> None:
    def say(what: str) -> Any:
        prompt = ChatPromptTemplate.from_template(f"Say exactly: {what} {{topic}}")
        return prompt | chat() | StrOutputParser()

    chain = RunnableParallel(a=say("A"), b=say("B"))
    assert chain.batch([{"topic": "x"}, {"topic": "y"}]) == [
        {"a": "A x", "b": "B x"},
        {"a": "A y", "b": "B y"},
    ]


async def test_parallel_branches_stream(gateway: Gateway, chat: Chat) -> None:
    prompt = ChatPromptTemplate.from_template("Say exactly: one {topic} three")
    chain = RunnableParallel(a=prompt | chat() | StrOutputParser(), b=RunnablePassthrough())
    parts = [part async for part in chain.astream({"topic": "two"})]
    assert "".join(part["a"] for part in parts if "a" in part) == "one two three"


def test_retrieval_chain_with_a_vector_store(gateway: Gateway, chat: Chat) -> None:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=16))
    store.add_documents([Document("The tide turns at six."), Document("Ships wait outside.")])

    def joined(documents: list[Document]) -> str:
        return "\n".join(sorted(document.page_content for document in documents))

    prompt = ChatPromptTemplate.from_messages(
        [("system", "Use only this:\n{context}"), ("user", "{question}")]
    )
    chain = (
        {"context": store.as_retriever() | joined, "question": RunnablePassthrough()}
        | prompt
        | chat()
        | StrOutputParser()
    )
    assert "When does the tide turn?" in chain.invoke("When does the tide turn?")
    assert gateway.last.json["messages"][0] == {
        "role": "system",
        "content": "Use only this:\nShips wait outside.\nThe tide turns at six.",
    }


# --- agents ---


def _tool_results(messages: list[Any]) -> list[Any]:
    return sorted(message.content for message in messages if isinstance(message, ToolMessage))


def test_agent_calls_two_tools_and_answers(gateway: Gateway, chat: Chat) -> None:
    agent = create_agent(chat(), tools=[get_weather, add])
    messages = agent.invoke({"messages": [BOTH]})["messages"]
    assert _tool_results(messages) == ["5", "Sunny in Huế"]
    assert "Sunny in Huế" in messages[-1].text


async def test_async_agent_calls_two_tools_and_answers(gateway: Gateway, chat: Chat) -> None:
    agent = create_agent(chat(), tools=[get_weather, add])
    messages = (await agent.ainvoke({"messages": [BOTH]}))["messages"]
    assert _tool_results(messages) == ["5", "Sunny in Huế"]


def _streamed_text(parts: list[Any]) -> str:
    return "".join(part.text for part, _ in parts if isinstance(part, AIMessageChunk))


def test_agent_streams_its_tokens(gateway: Gateway, chat: Chat) -> None:
    agent = create_agent(chat(), tools=[get_weather, add])
    parts = list(agent.stream({"messages": [BOTH]}, stream_mode="messages"))
    text = _streamed_text(parts)
    assert text.count("Sunny in Huế") == 1
    assert len([part for part, _ in parts if isinstance(part, AIMessageChunk)]) > 4


async def test_async_agent_streams_its_tokens(gateway: Gateway, chat: Chat) -> None:
    agent = create_agent(chat(), tools=[get_weather, add])
    parts = [part async for part in agent.astream({"messages": [BOTH]}, stream_mode="messages")]
    assert _streamed_text(parts).count("Sunny in Huế") == 1


@each_row("model", ["kimi-k2-thinking", "deepseek-v3.2"])
@each_row("streaming", [True, False])
def test_agent_on_a_thinking_model_replays_its_reasoning(
    gateway: Gateway, chat: Chat, model: str, streaming: bool
) -> None:
    agent = create_agent(chat(model=model, streaming=streaming), tools=[get_weather, add])
    thought = {"reasoning_content": "Hm hm"}
    asked = call("get_weather", {"city": "Huế"})
    if streaming:
        first = tool_chunks(asked)
        first[0]["choices"][0]["delta"] |= thought
        gateway.reply(Sse(first), Sse(text_chunks("Sunny.")))
    else:
        gateway.reply(Json(completion(None, tool_calls=[asked], **thought)))
        gateway.reply(Json(completion("Sunny.")))
    agent.invoke({"messages": [HumanMessage("Weather?")]})
    assert gateway.last.json["messages"][1]["reasoning_content"] == "Hm hm"


_REPORT = '{"city": "Huế", "sunny": true}'


@each_row("model", ["gpt-5", "claude-opus-4-5", "glm-4.7", "gemini-2.5-pro"])
@each_row("tools", [[], [get_weather]])
def test_agent_answers_in_a_response_format(
    gateway: Gateway, chat: Chat, model: str, tools: list[Any]
) -> None:
    agent = create_agent(chat(model=model), tools=tools, response_format=Report)
    result = agent.invoke({"messages": [HumanMessage('Report on "Huế". get_weather("Huế")')]})
    assert isinstance(result["structured_response"], Report)
    assert all(body.get("tools") != [] for body in gateway.bodies)


@each_row("model", ["gpt-5", "claude-opus-4-5"])
@each_row("streaming", [True, False])
@each_row(
    "text",
    [
        _REPORT,
        f"```json\n{_REPORT}\n```",
        f"Here is the report:\n\n```json\n{_REPORT}\n```\nAnything else?",
    ],
)
def test_agent_finds_the_response_in_fences_and_prose(
    gateway: Gateway, chat: Chat, model: str, streaming: bool, text: str
) -> None:
    answer = Sse(text_chunks(text)) if streaming else Json(completion(text))
    gateway.reply(answer)
    agent = create_agent(chat(model=model, streaming=streaming), response_format=Report)
    result = agent.invoke({"messages": [HumanMessage("Report")]})
    assert result["structured_response"] == Report(city="Huế", sunny=True)


def test_agent_whose_forced_call_never_comes_stops_with_an_error(
    gateway: Gateway, chat: Chat
) -> None:
    """Other models loop here, a paid call for each step, until LangGraph's limit."""
    gateway.handler = lambda _: Json(completion("I would rather talk."))
    agent = create_agent(chat(model="glm-4.7"), response_format=ToolStrategy(Report))
    with pytest.raises(MissingToolCallError):
        agent.invoke({"messages": [HumanMessage("Report")]})
    assert len(gateway.requests) == 1


# --- graphs ---


def test_graph_with_a_checkpointer_remembers(gateway: Gateway, chat: Chat) -> None:
    weather, name = converse(chat())
    assert "Sunny in Huế" in weather["messages"][-1].text
    assert "Lan" in name["messages"][-1].text
    assert [type(message) for message in name["messages"]] == [
        HumanMessage,
        AIMessage,
        HumanMessage,
        AIMessage,
        ToolMessage,
        AIMessage,
        HumanMessage,
        AIMessage,
    ]
