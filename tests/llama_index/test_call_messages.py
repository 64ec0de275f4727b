"""Tool calls, their results and the reasoning before them on the wire."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
)

from tests.llama_index.conversing import (
    WIRE_F,
    F,
    calling,
    wire,
)


def test_tool_calls_go_back_from_blocks() -> None:
    assert wire(calling(F)) == [{"role": "assistant", "content": None, "tool_calls": [WIRE_F]}]
    assert wire(calling(F, text="Well.")) == [
        {"role": "assistant", "content": "Well.", "tool_calls": [WIRE_F]}
    ]


def test_tool_calls_go_back_once_with_their_extra_keys_and_spelling() -> None:
    listed = {
        "id": "call_1",
        "type": "function",
        "extra_content": {"google": {"thought_signature": "abc"}},
        "function": {"name": "f", "arguments": '{"a":1}'},
    }

    assert wire(calling(F, tool_calls=[listed]))[0]["tool_calls"] == [listed]


def test_a_block_that_was_changed_wins_over_the_listed_call() -> None:
    changed = F.model_copy(update={"tool_kwargs": {"a": 2}})

    sent = wire(calling(changed, tool_calls=[WIRE_F]))[0]["tool_calls"]

    assert sent == [{**WIRE_F, "function": {"name": "f", "arguments": '{"a": 2}'}}]


def test_tool_calls_of_foreign_histories_go_back() -> None:
    class Function:
        """As the openai package has it."""

        def model_dump(self, **_: Any) -> dict[str, Any]:
            return WIRE_F

    sent = wire(
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [Function()]}),
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [{**WIRE_F, "index": 0}]}),
    )

    assert [message["tool_calls"] for message in sent] == [[WIRE_F], [WIRE_F]]
