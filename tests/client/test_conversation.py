"""Messages of completions, sent again as they come."""

from __future__ import annotations

from typing import Any

import ramclouds
from ramclouds import Client
from tests.gateway import Gateway, Json, Sse, call, completion, text_chunks, tool_chunks

ASK = {"role": "user", "content": "Weather?"}
MADE = {**call("get_weather", {"city": "Huế"}, id="call_1"), "extra_content": {"google": {"s": 1}}}


def test_message_of_a_completion_can_be_appended(gateway: Gateway) -> None:
    gateway.reply(
        Json(completion(None, tool_calls=[MADE], reasoning_content="Hm.")),
        Json(completion("Rain.")),
    )
    messages: list[Any] = [ASK]
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        asked = client.complete(model="gpt-5", messages=messages)
        messages += [asked.message, {"role": "tool", "tool_call_id": "call_1", "content": "Rain"}]
        done = client.complete(model="gpt-5", messages=messages)
    assert gateway.last.json["messages"][1] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Hm.",
        "tool_calls": [MADE],
    }
    assert done.message == {"role": "assistant", "content": "Rain.", "model": done.model}


def test_chunks_put_together_are_the_completion(gateway: Gateway) -> None:
    gateway.reply(Sse(text_chunks("Hello there", reasoning="Hm.")), Sse(tool_chunks(MADE)))
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        text = ramclouds.accumulate(client.stream(model="gpt-5", messages=[ASK]))
        calling = ramclouds.accumulate(client.stream(model="gpt-5", messages=[ASK]))
    assert (text.text, text.reasoning, text.finish_reason) == ("Hello there", "Hm.", "stop")
    assert text.usage is not None
    assert calling.message["tool_calls"] == [MADE]
