"""Names that providers take, and the user's names for what comes back."""

from __future__ import annotations

import copy
import re
from typing import Any

from ramclouds import Chunk, Completion, ToolCall
from ramclouds._wire.chat.tool_calls import with_users_names
from ramclouds.bridge.names import safe_name, with_safe_names
from ramclouds.types import Choice, InvalidToolCall, ToolCallDelta
from tests.harness import in_row


def test_name_is_made_of_what_providers_take() -> None:
    for title, name in [
        ("Box[int]", "Box_int_"),
        ("a b", "a_b"),
        ("x" * 70, "x" * 64),
        ("tìm_kiếm_đường", "tim_kiem_duong"),
        ("2nd-try", "_2nd-try"),
        ("搜索", "__"),
        ("", "_"),
        ("get_weather", "get_weather"),
    ]:
        with in_row(title):
            assert safe_name(title) == name


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def test_each_tool_has_a_name_of_its_own_and_gets_its_users_back() -> None:
    users = ["calendar.list", "calendar_list", "calendar:list", "搜索", "查找", "l" * 100, "l" * 64]
    ready, names = with_safe_names({"messages": [], "tools": [tool(name) for name in users]})
    sent = [each["function"]["name"] for each in ready["tools"]]
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}", name) for name in sent)
    assert len(set(sent)) == len(users)
    assert [names.get(name, name) for name in sent] == users
    # The history names them too: a long name does not depend on the other tools of a turn.
    alone, _ = with_safe_names({"messages": [], "tools": [tool("l" * 100)]})
    assert alone["tools"] == [ready["tools"][5]]


def test_names_are_changed_everywhere_in_a_body() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "a.b", "arguments": "{}"}}
    described = {"type": "function", "function": {"name": "a.b", "parameters": {}}}
    choice = {"type": "function", "function": {"name": "a.b"}}
    allowed = {"mode": "required", "tools": [choice]}
    body: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": "a.b", "name": "An"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "name": "a.b", "content": "a.b"},
        ],
        "tools": [described, {"type": "web_search"}],
        "tool_choice": choice,
        "response_format": {"type": "json_schema", "json_schema": {"name": "Box[int]"}},
    }
    before = copy.deepcopy(body)
    ready, names = with_safe_names(body)
    assert ready == {
        "messages": [
            body["messages"][0],
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{**call, "function": {"name": "a_b", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "name": "a_b", "content": "a.b"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "a_b", "parameters": {}}},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "function": {"name": "a_b"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "Box_int_"}},
    }
    assert (names, body) == ({"a_b": "a.b"}, before)
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    ready, _ = with_safe_names({**body, "tool_choice": choice})
    assert ready["tool_choice"]["allowed_tools"]["tools"][0]["function"] == {"name": "a_b"}


def test_safe_names_are_sent_as_they_are() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "tools": [tool("get_weather")]}
    assert with_safe_names(body) == (body, {})


def test_calls_come_back_with_the_users_names() -> None:
    call, invalid = ToolCall("1", "a_b", "{}"), InvalidToolCall("2", "a_b", "{")
    completion = Completion(choices=(Choice(tool_calls=(call,), invalid_tool_calls=(invalid,)),))
    first, second = ToolCallDelta(0, "1", "a_b"), ToolCallDelta(0, arguments="{}")
    with_users_names(completion, {"a_b": "a.b"})
    with_users_names(Chunk(tool_calls=(first, second)), {"a_b": "a.b"})
    assert [call.name, invalid.name, first.name, second.name] == ["a.b", "a.b", "a.b", None]
