"""The gateway's recorded behaviour, as an LlamaIndex user gets it."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse

from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from tests.gateway import Gateway, WireCase, manifest
from tests.harness import each_row

ASK = [ChatMessage("Which tide?")]
CASES = [case for case in manifest() if case["name"] != "models_list"]
ANSWERS = [case for case in CASES if case["expect"]["outcome"] == "ok"]
# One of each kind, whole and streamed: the client decides which kind it is.
ERRORS = {
    (case["expect"]["error_kind"], case["request_stream"], "text" in case["expect"]): case
    for case in CASES
    if case["expect"]["outcome"] == "error"
}


def _ask(llm: RamClouds, case: dict[str, Any]) -> ChatResponse:
    if not case["request_stream"]:
        answer: ChatResponse = llm.chat(ASK)
        return answer
    chunks = list(llm.stream_chat(ASK))
    last: ChatResponse = chunks[-1]
    assert "".join(one.delta for one in chunks) == last.message.content
    return last


@each_row("case", ANSWERS, ids=lambda case: case["name"])
def test_answers_arrive_whole(gateway: Gateway, llm: RamClouds, case: dict[str, Any]) -> None:
    gateway.reply(WireCase(case["name"]))
    expected = case["expect"]

    answer = _ask(llm, case)
    raw: Any = answer.raw

    said = (answer.message.content or "").removesuffix(expected.get("refusal") or "")
    assert said == expected["text"]
    assert answer.additional_kwargs["finish_reason"] == expected["finish_reason"]
    calls = answer.message.additional_kwargs.get("tool_calls", [])
    wanted = expected.get("tool_calls", [])
    assert [(one["function"]["name"], one["function"]["arguments"]) for one in calls] == [
        (one["name"], one["arguments"]) for one in wanted
    ]
    assert all(one["id"] for one in calls)
    assert [one.get("extra_content") for one in calls] == [
        one.get("extra_content") for one in wanted
    ]
    selected = llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
    assert [one.tool_id for one in selected] == [one["id"] for one in calls]
    for name, count in expected.get("usage", {}).items():
        if name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            assert raw["usage"][name] == answer.additional_kwargs[name] == count


@each_row("case", ERRORS.values(), ids=lambda case: case["name"])
def test_errors_are_errors_of_the_tree(
    gateway: Gateway, llm: RamClouds, case: dict[str, Any]
) -> None:
    gateway.reply(WireCase(case["name"]))
    expected = case["expect"]

    with pytest.raises(RamCloudsError) as caught:
        _ask(llm, case)

    if "text" in expected:
        assert caught.value.partial is not None
        assert caught.value.partial.text == expected["text"]
