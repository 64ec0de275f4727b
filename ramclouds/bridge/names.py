"""Names of tools and formats as every provider takes them, and as the user wrote them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from ramclouds.types import Chunk, Completion

__all__ = ["ToolNames", "safe_name", "to_users", "with_safe_names"]

# OpenAI: ^[a-zA-Z0-9_-]{1,64}$. Gemini: "Must start with a letter or an underscore".
_SAFE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


def safe_name(text: str) -> str:
    """A name that providers take, made of a title, a class name or a tool's name."""
    if _SAFE.fullmatch(text):
        return text
    # Letters without their marks stay readable: `tìm_kiếm` becomes `tim_kiem`.
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", plain)[:64]
    return name if _SAFE.fullmatch(name) else f"_{name}"[:64]


class ToolNames:
    """The names of one request's tools; true where one of them is not sent as it is."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sent: dict[str, str] = {}
        unique = dict.fromkeys(names)
        taken = {name for name in unique if _SAFE.fullmatch(name)}
        for name in unique:
            if name not in taken:
                sent = self._sent[name] = _free_name(name, taken)
                taken.add(sent)
        self._users = {sent: name for name, sent in self._sent.items()}

    def __bool__(self) -> bool:
        return bool(self._sent)

    def sent(self, name: str) -> str:
        """The name that is sent for a user's."""
        return self._sent.get(name, name)

    def users(self, name: str) -> str:
        """The user's name for one that came back."""
        return self._users.get(name, name)


def _free_name(name: str, taken: set[str]) -> str:
    sent = safe_name(name)
    if sent not in taken and len(name) <= 64:
        return sent
    # The same at each turn, whatever other tools there are.
    return f"{sent[:55]}_{blake2b(name.encode(errors='replace'), digest_size=4).hexdigest()}"


def with_safe_names(body: Mapping[str, Any]) -> tuple[dict[str, Any], ToolNames]:
    """A request's body with names that providers take, and how its tools' names were changed."""
    ready = dict(body)
    asked = body.get("response_format")
    if isinstance(asked, Mapping) and isinstance(asked.get("json_schema"), Mapping):
        wire = asked["json_schema"]
        if not _SAFE.fullmatch(str(wire.get("name", ""))):
            named = {**wire, "name": safe_name(str(wire.get("name") or "answer"))}
            ready["response_format"] = {**asked, "json_schema": named}
    names = ToolNames(_names_in(body))
    if names:
        if body.get("tools"):
            ready["tools"] = [_renamed(tool, names) for tool in body["tools"]]
        if isinstance(body.get("tool_choice"), Mapping):
            ready["tool_choice"] = _with_choice(body["tool_choice"], names)
        ready["messages"] = [_with_calls(message, names) for message in body["messages"]]
    return ready, names


def _names_in(body: Mapping[str, Any]) -> Iterator[str]:
    for tool in body.get("tools") or ():
        yield from _name_of(tool)
    for message in body["messages"]:
        for call in message.get("tool_calls") or ():
            yield from _name_of(call)


def _name_of(item: Any) -> Iterator[str]:
    function = item.get("function") if isinstance(item, Mapping) else None
    if isinstance(function, Mapping) and isinstance(function.get("name"), str):
        yield function["name"]


def _renamed(item: Any, names: ToolNames) -> Any:
    for name in _name_of(item):
        return {**item, "function": {**item["function"], "name": names.sent(name)}}
    return item


def _with_choice(choice: Mapping[str, Any], names: ToolNames) -> Mapping[str, Any]:
    allowed = choice.get("allowed_tools")
    if isinstance(allowed, Mapping):
        tools = [_renamed(tool, names) for tool in allowed.get("tools") or ()]
        return {**choice, "allowed_tools": {**allowed, "tools": tools}}
    renamed: Mapping[str, Any] = _renamed(choice, names)
    return renamed


def _with_calls(message: Mapping[str, Any], names: ToolNames) -> Mapping[str, Any]:
    if message.get("tool_calls"):
        return {**message, "tool_calls": [_renamed(call, names) for call in message["tool_calls"]]}
    if message.get("role") == "tool" and isinstance(message.get("name"), str):
        return {**message, "name": names.sent(message["name"])}
    return message


def to_users(value: Completion | Chunk, names: ToolNames) -> None:
    """Give the calls of what came back the user's names."""
    parts = value.choices if isinstance(value, Completion) else (value,)
    for part in parts:
        for call in (*part.tool_calls, *part.invalid_tool_calls):
            if call.name:
                call.name = names.users(call.name)
