"""The form of the completion, asked for as the dialect takes it: in a field or the prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge._prepare.order import newest_of_user
from ramclouds.bridge._prepare.texts import text_of
from ramclouds.bridge.dialects import Dialect

_JSON = "Give your final answer as one JSON object, without any other text or code fence."
_SCHEMA = " It has to match this JSON schema:\n"


def fit_response_format(body: dict[str, Any], dialect: Dialect, notes: Notes) -> None:
    """Turns `response_format` into what the dialect takes beside the tools of the request."""
    wanted = body["response_format"]
    if wanted == {"type": "text"}:
        # It is the default, and an open Qwen that thinks refuses any `response_format`.
        del body["response_format"]
    if not isinstance(wanted, Mapping) or wanted.get("type") not in ("json_schema", "json_object"):
        return
    ways = dialect.ways(body)
    if body.get("tools") and not dialect.format_beside_tools:
        ways = tuple(way for way in ways if way not in ("json_schema", "json_object"))
    if wanted["type"] == "json_schema" and "json_schema" in ways:
        return
    if "json_object" in ways:
        body["response_format"] = {"type": "json_object"}
        if wanted["type"] == "json_object" and _says_json(body["messages"], dialect):
            return
    else:
        del body["response_format"]
    notes.changed.append("the form of the completion is asked for in words")
    by_user = dialect.json_word_of_user and "response_format" in body
    say = _with_words_of_user if by_user else with_words
    body["messages"] = say(body["messages"], _words(wanted))


def _says_json(messages: Sequence[WireMessage], dialect: Dialect) -> bool:
    """OpenAI and DeepSeek refuse `json_object` if no message holds the word json."""
    return any(
        "json" in text_of(message).lower()
        for message in messages
        if message["role"] != "system" or not dialect.json_word_of_user
    )


def _words(wanted: Mapping[str, Any]) -> str:
    schema = (wanted.get("json_schema") or {}).get("schema")
    return _JSON + (_SCHEMA + json.dumps(schema, ensure_ascii=False) if schema else "")


def with_words(messages: Sequence[WireMessage], words: str) -> list[WireMessage]:
    """The messages with an instruction in the system message, which is first."""
    first, *rest = messages
    if first["role"] != "system":
        return [{"role": "system", "content": words}, *messages]
    content = first["content"]
    if isinstance(content, str):
        joined: Any = f"{content}\n\n{words}" if content.strip() else words
    else:
        joined = [*content, {"type": "text", "text": words}]
    return [{**first, "content": joined}, *rest]


def _with_words_of_user(messages: Sequence[WireMessage], words: str) -> list[WireMessage]:
    """The messages with an instruction at the end of the user's last one."""
    sent = list(messages)
    place = newest_of_user(sent)
    if place < 0:
        return [*sent, {"role": "user", "content": words}]
    (extended,) = with_words([{**sent[place], "role": "system"}], words)
    sent[place] = {**extended, "role": "user"}
    return sent
