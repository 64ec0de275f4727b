"""One history, tool choice or setting through both adapters: what goes out on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolMessage,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import ConfigurationError
from tests.adapters.asking import WAYS, Way
from tests.gateway import Gateway, Json, Request, Sse, completion, text_chunks
from tests.harness import each_row

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5"
    "ErkJggg=="
)
PNG_URL = f"data:image/png;base64,{PNG}"
SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search.",
        "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": []},
    },
}


@dataclass(frozen=True)
class Row:
    """One thing that a user may ask, in the words of both frameworks, and what goes out."""

    name: str
    langchain: Sequence[BaseMessage]
    llama_index: Sequence[ChatMessage]
    sent: Any
    """The body's messages, or where `keys` are given these keys of the body."""
    keys: Sequence[str] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    """Arguments of the call."""

    def of(self, body: Any) -> Any:
        return {key: body.get(key) for key in self.keys} if self.keys else body["messages"]


def call(id: str, q: str) -> dict[str, Any]:
    function = {"name": "search", "arguments": json.dumps({"q": q})}
    return {"id": id, "type": "function", "function": function}


def lc_calling(*calls: tuple[str, str], text: str = "", **fields: Any) -> AIMessage:
    made = [{"id": id, "name": "search", "args": {"q": q}} for id, q in calls]
    return AIMessage(text, tool_calls=made, **fields)


def li_calling(*calls: tuple[str, str], text: str = "", thinking: str = "") -> ChatMessage:
    blocks: list[Any] = [ThinkingBlock(content=thinking)] if thinking else []
    blocks.append(TextBlock(text=text))
    blocks += [
        ToolCallBlock(tool_call_id=id, tool_name="search", tool_kwargs={"q": q}) for id, q in calls
    ]
    return ChatMessage(role="assistant", blocks=blocks)


def li_result(id: str, text: str) -> ChatMessage:
    return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": id})


def li_thinking(text: str, thinking: str) -> ChatMessage:
    return ChatMessage(
        role="assistant", blocks=[ThinkingBlock(content=thinking), TextBlock(text=text)]
    )


def li_from(
    text: str, *, thinking: str = "", calls: Sequence[tuple[str, str]] = (), **kwargs: Any
) -> ChatMessage:
    message = li_calling(*calls, text=text, thinking=thinking)
    message.additional_kwargs |= kwargs
    return message


HI = ([HumanMessage("Hi")], [ChatMessage("Hi")])
USER = {"role": "user", "content": "Hi"}
REASONED: dict[str, Any] = {"additional_kwargs": {"reasoning_content": "Hm."}}
LOOP = (
    [HumanMessage("Hi"), lc_calling(("c1", "a"), **REASONED), ToolMessage("A", tool_call_id="c1")],
    [ChatMessage("Hi"), li_calling(("c1", "a"), thinking="Hm."), li_result("c1", "A")],
)
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "A"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [call("c1", "a")]}

HELLO = {"role": "assistant", "content": "Hello."}
REASONED_SENT = {"reasoning_content": "Hm."}
SIGNATURE = {"extra_content": {"google": {"thought_signature": "x"}}}
PICTURE = {"type": "image_url", "image_url": {"url": PNG_URL}}
CUT_CALL = InvalidToolCall(
    type="invalid_tool_call", name="search", args='{"q', id="c1", error="cut off"
)
PICTURED = (
    [
        HumanMessage("Hi"),
        lc_calling(("c1", "a")),
        ToolMessage(
            [
                {"type": "text", "text": "A"},
                {"type": "image", "base64": PNG, "mime_type": "image/png"},
            ],
            tool_call_id="c1",
        ),
    ],
    [
        ChatMessage("Hi"),
        li_calling(("c1", "a")),
        ChatMessage(
            role=MessageRole.TOOL,
            blocks=[
                TextBlock(text="A"),
                ImageBlock(image=PNG.encode(), image_mimetype="image/png"),
            ],
            additional_kwargs={"tool_call_id": "c1"},
        ),
    ],
)

SAME = [
    Row("user text", *HI, sent=[USER]),
    Row(
        "system before user",
        [SystemMessage("Be brief."), HumanMessage("Hi")],
        [ChatMessage("Be brief.", role="system"), ChatMessage("Hi")],
        sent=[{"role": "system", "content": "Be brief."}, USER],
    ),
    Row(
        "earlier turns",
        [HumanMessage("Hi"), AIMessage("Hello."), HumanMessage("Hi")],
        [ChatMessage("Hi"), ChatMessage("Hello.", role="assistant"), ChatMessage("Hi")],
        sent=[USER, {"role": "assistant", "content": "Hello."}, USER],
    ),
    Row(
        "image of the user",
        [
            HumanMessage(
                [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "base64": PNG, "mime_type": "image/png"},
                ]
            )
        ],
        [
            ChatMessage(
                role="user",
                blocks=[
                    TextBlock(text="What is this?"),
                    ImageBlock(image=PNG.encode(), image_mimetype="image/png"),
                ],
            )
        ],
        sent=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": PNG_URL}},
                ],
            }
        ],
    ),
    Row(
        "call and result",
        LOOP[0],
        LOOP[1],
        sent=[USER, CALLING, RESULT],
    ),
    Row(
        "text beside a call",
        [HumanMessage("Hi"), lc_calling(("c1", "a"), text="I look."), *LOOP[0][2:]],
        [ChatMessage("Hi"), li_calling(("c1", "a"), text="I look."), *LOOP[1][2:]],
        sent=[USER, {**CALLING, "content": "I look."}, RESULT],
    ),
    Row(
        "two calls and their results",
        [
            HumanMessage("Hi"),
            lc_calling(("c1", "a"), ("c2", "b")),
            ToolMessage("A", tool_call_id="c1"),
            ToolMessage("B", tool_call_id="c2"),
        ],
        [
            ChatMessage("Hi"),
            li_calling(("c1", "a"), ("c2", "b")),
            li_result("c1", "A"),
            li_result("c2", "B"),
        ],
        sent=[
            USER,
            {**CALLING, "tool_calls": [call("c1", "a"), call("c2", "b")]},
            RESULT,
            {"role": "tool", "tool_call_id": "c2", "content": "B"},
        ],
    ),
    Row(
        "reasoning of the running loop, DeepSeek",
        *LOOP,
        settings={"model": "deepseek-v3.2"},
        sent=[USER, {**CALLING, "reasoning_content": "Hm."}, RESULT],
    ),
    Row(
        "no reasoning known in the running loop, Kimi",
        [HumanMessage("Hi"), lc_calling(("c1", "a")), *LOOP[0][2:]],
        [ChatMessage("Hi"), li_calling(("c1", "a")), *LOOP[1][2:]],
        settings={"model": "kimi-k2-thinking"},
        sent=[USER, {**CALLING, "reasoning_content": " "}, RESULT],
    ),
    Row(
        "reasoning of an earlier turn, DeepSeek",
        [HumanMessage("Hi"), AIMessage("Hello.", **REASONED), HumanMessage("Hi")],
        [ChatMessage("Hi"), li_thinking("Hello.", "Hm."), ChatMessage("Hi")],
        settings={"model": "deepseek-v3.2"},
        sent=[USER, {**HELLO, **REASONED_SENT}, USER],
    ),
    Row(
        "inline reasoning with think tags, MiniMax",
        *LOOP,
        settings={"model": "minimax-m2.1", "think_tags": True},
        sent=[USER, {**CALLING, "content": "<think>\nHm.\n</think>\n\n"}, RESULT],
    ),
    Row(
        "settings of the model",
        *HI,
        settings={
            "model": "gpt-4o",
            "temperature": 0.5,
            "max_tokens": 50,
            "top_p": 0.9,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.2,
            "stop": ["END"],
            "reasoning_effort": "low",
            "extra_body": {"enable_thinking": False},
        },
        keys=[
            "temperature",
            "max_tokens",
            "top_p",
            "frequency_penalty",
            "presence_penalty",
            "stop",
            "reasoning_effort",
            "enable_thinking",
        ],
        sent={
            "temperature": 0.5,
            "max_tokens": 50,
            "top_p": 0.9,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.2,
            "stop": ["END"],
            "reasoning_effort": "low",
            "enable_thinking": False,
        },
    ),
    Row(
        "settings of a call win",
        *HI,
        settings={"model": "gpt-4o", "temperature": 0.5, "extra_body": {"a": 1, "b": 1}},
        given={"temperature": 0.1, "extra_body": {"b": 2}},
        keys=["temperature", "a", "b"],
        sent={"temperature": 0.1, "a": 1, "b": 2},
    ),
    Row(
        "tools without a choice",
        *HI,
        given={"tools": [SEARCH]},
        keys=["tools", "tool_choice"],
        sent={"tools": [SEARCH], "tool_choice": None},
    ),
    Row(
        "reasoning of an earlier turn, Kimi",
        [*LOOP[0], AIMessage("Hello.", **REASONED), HumanMessage("Hi")],
        [*LOOP[1], li_thinking("Hello.", "Hm."), ChatMessage("Hi")],
        settings={"model": "kimi-k2-thinking"},
        sent=[USER, {**CALLING, **REASONED_SENT}, RESULT, HELLO, USER],
    ),
    Row(
        "reasoning of an earlier turn, as the user wants it",
        [*LOOP[0], AIMessage("Hello.", **REASONED), HumanMessage("Hi")],
        [*LOOP[1], li_thinking("Hello.", "Hm."), ChatMessage("Hi")],
        settings={"model": "kimi-k2-thinking", "replay_reasoning": "all"},
        sent=[USER, {**CALLING, **REASONED_SENT}, RESULT, {**HELLO, **REASONED_SENT}, USER],
    ),
    Row(
        "reasoning that the user does not want, by the call",
        *LOOP,
        settings={"model": "kimi-k2-thinking"},
        given={"replay_reasoning": False},
        sent=[USER, CALLING, RESULT],
    ),
    Row(
        "reasoning of a turn without calls, DeepSeek",
        [HumanMessage("Hi"), AIMessage("Hello.", **REASONED)],
        [ChatMessage("Hi"), li_thinking("Hello.", "Hm.")],
        settings={"model": "deepseek-v3.2"},
        sent=[USER, {**HELLO, **REASONED_SENT}],
    ),
    Row(
        "reasoning beside the message's text",
        [HumanMessage("Hi"), AIMessage("Hello.", **REASONED), HumanMessage("Hi")],
        [ChatMessage("Hi"), li_from("Hello.", **REASONED_SENT), ChatMessage("Hi")],
        settings={"model": "deepseek-reasoner"},
        sent=[USER, {**HELLO, **REASONED_SENT}, USER],
    ),
    Row(
        "reasoning beside the message's text, inline",
        [HumanMessage("Hi"), AIMessage("Hello.", **REASONED), HumanMessage("Hi")],
        [ChatMessage("Hi"), li_from("Hello.", **REASONED_SENT), ChatMessage("Hi")],
        settings={"model": "glm-4.6", "replay_reasoning": "inline"},
        sent=[USER, {**HELLO, "content": "<think>\nHm.\n</think>\n\nHello."}, USER],
    ),
    Row(
        "no reasoning beside the message's text",
        [
            HumanMessage("Hi"),
            AIMessage("Hello.", additional_kwargs={"reasoning_content": None}),
            HumanMessage("Hi"),
        ],
        [ChatMessage("Hi"), li_from("Hello.", reasoning_content=None), ChatMessage("Hi")],
        settings={"model": "glm-4.6", "replay_reasoning": "all"},
        sent=[USER, HELLO, USER],
    ),
    Row(
        "reasoning in a block and beside the text of LlamaIndex",
        [HumanMessage("Hi"), AIMessage("Hello.", **REASONED)],
        [ChatMessage("Hi"), li_from("Hello.", thinking="Hm.", reasoning_content="Old.")],
        settings={"model": "deepseek-v3.2"},
        sent=[USER, {**HELLO, **REASONED_SENT}],
    ),
    Row(
        "reasoning under the name it came with",
        [
            HumanMessage("Hi"),
            lc_calling(
                ("c1", "a"),
                additional_kwargs={"reasoning_content": "Hm.", "reasoning_field": "reasoning"},
            ),
            *LOOP[0][2:],
        ],
        [
            ChatMessage("Hi"),
            li_from("", thinking="Hm.", calls=[("c1", "a")], reasoning_field="reasoning"),
            *LOOP[1][2:],
        ],
        settings={"model": "kimi-k2-thinking"},
        sent=[USER, {**CALLING, "reasoning": "Hm."}, RESULT],
    ),
    Row(
        "reasoning of another model",
        [
            HumanMessage("Hi"),
            lc_calling(("c1", "a"), **REASONED, response_metadata={"model_name": "deepseek-v3.2"}),
            *LOOP[0][2:],
        ],
        [
            ChatMessage("Hi"),
            li_from("", thinking="Hm.", calls=[("c1", "a")], model="deepseek-v3.2"),
            *LOOP[1][2:],
        ],
        settings={"model": "kimi-k2-thinking"},
        sent=[USER, {**CALLING, "reasoning_content": " "}, RESULT],
    ),
    Row(
        "text with the thoughts of another model",
        [
            HumanMessage("Hi"),
            AIMessage("<think>Hm.</think>Hello.", response_metadata={"model_name": "minimax-m2.1"}),
            HumanMessage("Hi"),
        ],
        [
            ChatMessage("Hi"),
            li_from("<think>Hm.</think>Hello.", model="minimax-m2.1"),
            ChatMessage("Hi"),
        ],
        sent=[USER, HELLO, USER],
    ),
    Row(
        "signature of another model",
        [
            HumanMessage("Hi"),
            lc_calling(
                ("c1", "a"),
                additional_kwargs={"tool_call_extras": {"c1": SIGNATURE}},
                response_metadata={"model_name": "gemini-2.5-pro"},
            ),
            *LOOP[0][2:],
        ],
        [
            ChatMessage("Hi"),
            li_from(
                "",
                calls=[("c1", "a")],
                model="gemini-2.5-pro",
                tool_calls=[{**call("c1", "a"), **SIGNATURE}],
            ),
            *LOOP[1][2:],
        ],
        sent=[USER, CALLING, RESULT],
    ),
    Row(
        "inline reasoning, MiniMax",
        *LOOP,
        settings={"model": "minimax-m2.1"},
        sent=[USER, {**CALLING, "content": "<think>\nHm.\n</think>\n\n"}, RESULT],
    ),
    Row(
        "one of two calls has a result",
        [
            HumanMessage("Hi"),
            lc_calling(("c1", "a"), ("c2", "b")),
            ToolMessage("A", tool_call_id="c1"),
        ],
        [ChatMessage("Hi"), li_calling(("c1", "a"), ("c2", "b")), li_result("c1", "A")],
        sent=[USER, CALLING, RESULT],
    ),
    Row(
        "no call has a result, and the user goes on",
        [HumanMessage("Hi"), lc_calling(("c1", "a"), text="I look."), HumanMessage("Hi")],
        [ChatMessage("Hi"), li_calling(("c1", "a"), text="I look."), ChatMessage("Hi")],
        sent=[USER, {"role": "assistant", "content": "I look."}, USER],
    ),
    Row(
        "result without a call",
        [HumanMessage("Hi"), ToolMessage("A", tool_call_id="c1")],
        [ChatMessage("Hi"), li_result("c1", "A")],
        sent=[USER],
    ),
    Row(
        "ids that come again in a later turn",
        [
            *LOOP[0][:1],
            lc_calling(("c1", "a")),
            *LOOP[0][2:],
            AIMessage("Hello."),
            HumanMessage("Hi"),
            lc_calling(("c1", "b")),
            ToolMessage("B", tool_call_id="c1"),
        ],
        [
            *LOOP[1][:1],
            li_calling(("c1", "a")),
            *LOOP[1][2:],
            ChatMessage("Hello.", role="assistant"),
            ChatMessage("Hi"),
            li_calling(("c1", "b")),
            li_result("c1", "B"),
        ],
        sent=[
            USER,
            CALLING,
            RESULT,
            HELLO,
            USER,
            {**CALLING, "tool_calls": [call("c1_2", "b")]},
            {"role": "tool", "tool_call_id": "c1_2", "content": "B"},
        ],
    ),
    Row(
        "id that Claude refuses",
        [
            HumanMessage("Hi"),
            lc_calling(("functions.search:0", "a")),
            ToolMessage("A", tool_call_id="functions.search:0"),
        ],
        [
            ChatMessage("Hi"),
            li_calling(("functions.search:0", "a")),
            li_result("functions.search:0", "A"),
        ],
        settings={"model": "claude-opus-4-5"},
        sent=[
            USER,
            {**CALLING, "tool_calls": [call("functions_search_0", "a")]},
            {**RESULT, "tool_call_id": "functions_search_0"},
        ],
    ),
    Row(
        "white space",
        [
            SystemMessage(" "),
            HumanMessage("Hi"),
            lc_calling(("c1", "a"), text="\n"),
            *LOOP[0][2:],
            AIMessage(" "),
            HumanMessage("Hi"),
        ],
        [
            ChatMessage(" ", role="system"),
            ChatMessage("Hi"),
            li_calling(("c1", "a"), text="\n"),
            *LOOP[1][2:],
            ChatMessage(" ", role="assistant"),
            ChatMessage("Hi"),
        ],
        settings={"model": "claude-opus-4-5"},
        sent=[USER, CALLING, RESULT, USER],
    ),
    Row(
        "neighbours, and the assistant last",
        [HumanMessage("Hi"), HumanMessage("Hi"), AIMessage("Hello.")],
        [ChatMessage("Hi"), ChatMessage("Hi"), ChatMessage("Hello.", role="assistant")],
        settings={"model": "claude-opus-4-6"},
        sent=[{**USER, "content": "Hi\n\nHi"}, HELLO, {**USER, "content": "Continue."}],
    ),
    Row(
        "late system message",
        [SystemMessage("A"), HumanMessage("Hi"), SystemMessage("B")],
        [ChatMessage("A", role="system"), ChatMessage("Hi"), ChatMessage("B", role="system")],
        sent=[{"role": "system", "content": "A"}, USER, {"role": "system", "content": "B"}],
    ),
    Row(
        "late system message, merged as the user wants it",
        [SystemMessage("A"), HumanMessage("Hi"), SystemMessage("B")],
        [ChatMessage("A", role="system"), ChatMessage("Hi"), ChatMessage("B", role="system")],
        settings={"merge_system_messages": True},
        sent=[{"role": "system", "content": "A\n\nB"}, USER],
    ),
    Row(
        "two parts of text",
        [HumanMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])],
        [ChatMessage(role="user", blocks=[TextBlock(text="a"), TextBlock(text="b")])],
        sent=[{"role": "user", "content": "a\nb"}],
    ),
    Row(
        "name with a space",
        [HumanMessage("Hi", name="Research assistant")],
        [ChatMessage("Hi", additional_kwargs={"name": "Research assistant"})],
        sent=[{**USER, "name": "Research_assistant"}],
    ),
    Row(
        "image in a tool's result",
        *PICTURED,
        sent=[
            USER,
            CALLING,
            {**RESULT, "content": "A\n(The tool's media follow in the next message.)"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "(Result of the tool call c1:)"}, PICTURE],
            },
        ],
    ),
    Row(
        "image in a tool's result, text alone",
        *PICTURED,
        settings={"model": "qwen3-max"},
        sent=[
            USER,
            CALLING,
            {**RESULT, "content": "A\n[image, not shown: this model takes text alone]"},
        ],
    ),
    Row(
        "image in a tool's result, sent all the same",
        *PICTURED,
        settings={"model": "qwen3-max", "media_in_history": "send"},
        sent=[
            USER,
            CALLING,
            {**RESULT, "content": "A\n(The tool's media follow in the next message.)"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "(Result of the tool call c1:)"}, PICTURE],
            },
        ],
    ),
    Row(
        "arguments that are no JSON object",
        [HumanMessage("Hi"), AIMessage("", invalid_tool_calls=[CUT_CALL]), *LOOP[0][2:]],
        [
            ChatMessage("Hi"),
            ChatMessage(
                role="assistant",
                blocks=[ToolCallBlock(tool_call_id="c1", tool_name="search", tool_kwargs='{"q')],
            ),
            *LOOP[1][2:],
        ],
        sent=[
            USER,
            {
                **CALLING,
                "tool_calls": [
                    {
                        **call("c1", ""),
                        "function": {"name": "search", "arguments": '{"invalid": "{\\"q"}'},
                    }
                ],
            },
            RESULT,
        ],
    ),
    Row(
        "no dialect",
        [HumanMessage("Hi"), AIMessage("Hello.", response_metadata={"model_name": "x"})],
        [ChatMessage("Hi"), li_from("Hello.", model="x")],
        settings={"model": "claude-opus-4-6", "dialect": "none", "stop": ["END"]},
        keys=["messages", "stop"],
        sent={"messages": [USER, HELLO], "stop": ["END"]},
    ),
    Row(
        "parameters beside thinking",
        *HI,
        settings={
            "model": "claude-opus-4-5",
            "reasoning_effort": "low",
            "max_tokens": 9,
            "temperature": 0.5,
        },
        keys=["messages", "max_tokens", "temperature"],
        sent={"messages": [USER], "max_tokens": 1289, "temperature": None},
    ),
    Row(
        "format that the channel drops",
        *HI,
        settings={"model": "deepseek-v3.2"},
        given={"response_format": {"type": "json_object"}},
        keys=["messages", "response_format"],
        sent={
            "messages": [
                {
                    "role": "system",
                    "content": (
                        "Give your final answer as one JSON object, without any other text or"
                        " code fence."
                    ),
                },
                USER,
            ],
            "response_format": {"type": "json_object"},
        },
    ),
]


def named(row: Row) -> str:
    return row.name


@pytest.fixture
def lenient(gateway: Gateway) -> Gateway:
    """A gateway that answers whatever comes: histories that it would refuse go out too."""

    def answer(request: Request) -> Json | Sse:
        return Sse(text_chunks("Hi")) if request.json.get("stream") else Json(completion("Hi"))

    gateway.handler = answer
    return gateway


@each_row("row", SAME, ids=named)
async def test_both_adapters_send_the_same(
    row: Row, lenient: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    await WAYS[0].langchain(chat(**row.settings), row.langchain, **row.given)
    await WAYS[0].llama_index(llm(**row.settings), row.llama_index, **row.given)
    assert [row.of(body) for body in lenient.bodies] == [row.sent, row.sent]


async def test_all_ways_of_asking_send_the_same(
    way: Way,
    lenient: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    row = next(row for row in SAME if row.name == "reasoning of an earlier turn, Kimi")
    await way.langchain(chat(**row.settings), row.langchain)
    await way.llama_index(llm(**row.settings), row.llama_index)
    assert [row.of(body) for body in lenient.bodies] == [row.sent, row.sent]


# What a bound or given tool choice becomes: (as given, LangChain's, LlamaIndex's).
FORCED = {"type": "function", "function": {"name": "search"}}
CHOICES = [
    ("auto", "auto", "auto"),
    ("none", "none", "none"),
    ("any", "required", "required"),
    ("required", "required", "required"),
    (True, "required", "required"),
    (False, None, "none"),
    ("search", FORCED, FORCED),
    (FORCED, FORCED, FORCED),
    ({"type": "function", "name": "search"}, FORCED, FORCED),
    ({"type": "tool", "name": "search"}, FORCED, FORCED),
    ({"type": "any"}, "required", "required"),
    ({"type": "auto"}, "auto", "auto"),
]


@each_row(("choice", "of_langchain", "of_llama_index"), CHOICES, ids=repr)
async def test_tool_choice_in_any_spelling(
    choice: Any,
    of_langchain: Any,
    of_llama_index: Any,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    chat().bind_tools([SEARCH], tool_choice=choice).invoke("Hi")
    llm().chat([ChatMessage("Hi")], tools=[SEARCH], tool_choice=choice)
    assert [request.json.get("tool_choice") for request in gateway.requests] == [
        of_langchain,
        of_llama_index,
    ]


def test_list_of_allowed_tools_goes_out(
    lenient: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    chat().bind_tools([SEARCH], tool_choice=allowed).invoke("Hi")
    llm().chat([ChatMessage("Hi")], tools=[SEARCH], tool_choice=allowed)
    assert [request.json["tool_choice"] for request in lenient.requests] == [allowed, allowed]


@pytest.mark.parametrize("choice", ["serach", {"type": "function", "function": {"name": "x"}}])
def test_choice_of_a_tool_that_is_not_there_is_refused_by_both(
    choice: Any, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    with pytest.raises(ConfigurationError, match="search"):
        chat().bind_tools([SEARCH], tool_choice=choice)
    with pytest.raises(ConfigurationError, match="search"):
        llm().chat([ChatMessage("Hi")], tools=[SEARCH], tool_choice=choice)


def test_class_as_the_format_of_a_call_is_its_schema(
    gateway: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    class City(BaseModel):
        name: str

    gateway.reply(*[Json(completion('{"name": "Hanoi"}'))] * 4)
    for asked in (City, City.model_json_schema()):
        chat().invoke("Where?", response_format=asked)
        llm().chat([ChatMessage("Where?")], response_format=asked)
    sent = [request.json["response_format"] for request in gateway.requests]
    assert sent == [sent[0]] * 4
    assert sent[0]["json_schema"]["strict"] is True


def test_format_that_is_none_is_refused(
    chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    wrong: Any = "json_object"
    with pytest.raises(ConfigurationError, match="must be a class, a JSON schema"):
        chat().invoke("Where?", response_format=wrong)
    with pytest.raises(ConfigurationError, match="must be a class, a JSON schema"):
        llm().chat([ChatMessage("Where?")], response_format=wrong)
