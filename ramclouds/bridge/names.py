"""Names of tools and formats as every provider takes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from typing import Any

__all__ = ["safe_name", "with_safe_names"]

Names = Mapping[str, str]

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


def with_safe_names(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """A request's body with names that providers take, and the user's of tools by those sent."""
    asked = body.get("response_format")
    if isinstance(asked, Mapping) and isinstance(asked.get("json_schema"), Mapping):
        body = {**body, "response_format": _with_name(asked)}
    names = dict.fromkeys(_names_in(body))
    if all(map(_SAFE.fullmatch, names)):
        return body, {}
    sent = _sent_names(names)
    ready = {**body, "messages": [_with_calls(message, sent) for message in body["messages"]]}
    if body.get("tools"):
        ready["tools"] = [_renamed(tool, sent) for tool in body["tools"]]
    if isinstance(body.get("tool_choice"), Mapping):
        ready["tool_choice"] = _with_choice(body["tool_choice"], sent)
    return ready, {name: users for users, name in sent.items()}


def _with_name(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(asked["json_schema"].get("name") or "answer")
    return {**asked, "json_schema": {**asked["json_schema"], "name": safe_name(name)}}


def _sent_names(names: Collection[str]) -> dict[str, str]:
    """The names that are not sent as they are, and what is sent for them."""
    taken = {name for name in names if _SAFE.fullmatch(name)}
    sent: dict[str, str] = {}
    for name in names:
        if name not in taken:
            sent[name] = _free_name(name, taken)
            taken.add(sent[name])
    return sent


def _free_name(name: str, taken: set[str]) -> str:
    sent = safe_name(name)
    if sent not in taken and len(name) <= 64:
        return sent
    # A hash, so that the name is the same at each turn, whatever other tools there are.
    return f"{sent[:55]}_{blake2b(name.encode(errors='replace'), digest_size=4).hexdigest()}"


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


def _renamed(item: Any, sent: Names) -> Any:
    for name in _name_of(item):
        return {**item, "function": {**item["function"], "name": sent.get(name, name)}}
    return item


def _with_choice(choice: Mapping[str, Any], sent: Names) -> Mapping[str, Any]:
    allowed = choice.get("allowed_tools")
    if isinstance(allowed, Mapping):
        tools = [_renamed(tool, sent) for tool in allowed.get("tools") or ()]
        return {**choice, "allowed_tools": {**allowed, "tools": tools}}
    renamed: Mapping[str, Any] = _renamed(choice, sent)
    return renamed


def _with_calls(message: Mapping[str, Any], sent: Names) -> Mapping[str, Any]:
    if message.get("tool_calls"):
        return {**message, "tool_calls": [_renamed(call, sent) for call in message["tool_calls"]]}
    if message.get("role") == "tool" and isinstance(message.get("name"), str):
        return {**message, "name": sent.get(message["name"], message["name"])}
    return message
