"""Which requests the scripted model refuses, with the gateway's statuses and codes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.gateway.request import Request

_ROLES = {"system", "developer", "user", "assistant", "tool"}
_PARTS = {"text", "image_url", "input_audio", "file", "video_url"}


@dataclass
class Refused(Exception):
    """A request that is answered with an error."""

    status: int
    message: str
    code: Any = ""
    type: str = "new_api_error"


def check(request: Request, unknown: set[str]) -> dict[str, Any]:
    """The body, once it is one that a provider would take."""
    try:
        body: dict[str, Any] = json.loads(request.body)
    except ValueError as exc:
        raise Refused(500, f"invalid character: {exc}", "invalid_request") from exc
    model = body.get("model")
    if not model:
        raise Refused(400, "未指定模型名称")
    if model in unknown:
        told = f"No available channel for model {model} under group default (distributor)"
        raise Refused(503, told, "model_not_found")
    if not body.get("messages"):
        raise Refused(500, "field messages is required", "invalid_request")
    if not isinstance(body.get("tools") or [], list):
        told = "json: cannot unmarshal into Go struct field GeneralOpenAIRequest.tools"
        raise Refused(500, told, "invalid_request")
    _check_messages(body["messages"])
    _check_tools(body)
    _check_reasoning(model, body["messages"])
    return body


def _bad(message: str) -> NoReturn:
    raise Refused(400, message, None, "invalid_request_error")


def _check_messages(messages: Sequence[Mapping[str, Any]]) -> None:
    open_calls: set[str] = set()
    for place, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in _ROLES:
            _bad(f"Invalid value: '{role}' at messages[{place}].role")
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                _bad("messages with role 'tool' must follow a message with 'tool_calls'")
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            _bad(f"tool_call_ids did not have response messages: {sorted(open_calls)}")
        if role == "assistant":
            open_calls = {one["id"] for one in _checked_calls(message)}
        _check_content(content, place, may_be_null=role == "assistant")
    if open_calls:
        _bad(f"tool_call_ids did not have response messages: {sorted(open_calls)}")


def _checked_calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    if calls == []:
        _bad("[] is too short - 'messages.tool_calls'")
    for call in calls or []:
        if call.get("type") != "function" or not call.get("id"):
            _bad("a tool call needs an id and the type function")
        if not isinstance(call["function"].get("arguments"), str):
            _bad("tool call arguments must be a string")
    return calls or []


def _check_content(content: Any, place: int, *, may_be_null: bool) -> None:
    if content is None and not may_be_null:
        _bad(f"Invalid value for 'content' at messages[{place}]: expected a string, got null")
    if isinstance(content, str) or content is None:
        return
    for part in content:
        if not isinstance(part, dict) or part.get("type") not in _PARTS:
            _bad(f"unknown variant in messages[{place}].content: {part!r:.80}")
        if part["type"] not in part:
            _bad(f"messages[{place}].content: a part lacks its '{part['type']}'")


def _check_tools(body: Mapping[str, Any]) -> None:
    tools = body.get("tools")
    if tools is not None and not tools:
        _bad("[] is too short - 'tools'")
    names = [_checked_name(tool) for tool in tools or []]
    chosen = body.get("tool_choice")
    if chosen is not None and not names:
        _bad("'tool_choice' is only allowed when 'tools' are specified")
    if isinstance(chosen, dict) and chosen.get("function", {}).get("name") not in names:
        _bad(f"tool_choice names no tool: {chosen}")
    if isinstance(chosen, str) and chosen not in ("auto", "none", "required"):
        _bad(f"Invalid value: '{chosen}' for tool_choice")


def _checked_name(tool: Mapping[str, Any]) -> str:
    name = tool.get("function", {}).get("name", "")
    if tool.get("type") != "function" or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        _bad(f"a tool is no function with a valid name: {tool!r:.80}")
    return str(name)


def _check_reasoning(model: str, messages: Sequence[Mapping[str, Any]]) -> None:
    if "kimi" not in model or "thinking" not in model:
        return
    asked = max((place for place, one in enumerate(messages) if one["role"] == "user"), default=0)
    for place, message in enumerate(messages):
        if place > asked and message.get("tool_calls") and not message.get("reasoning_content"):
            _bad(
                "thinking is enabled but reasoning_content is missing in assistant tool call "
                f"message at index {place}"
            )
