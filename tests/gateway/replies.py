"""What the scripted model says, before limits and framing."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.gateway.events import call, call_deltas, words
from tests.gateway.made_json import embedded_schema, make
from tests.gateway.tool_use import choose

Message = Mapping[str, Any]

# Channels that drop response_format: these models answer as if it had not been sent.
_WITHOUT_RESPONSE_FORMAT = ("claude", "glm")
_REASONING = ("thinking", "reasoner")


@dataclass(frozen=True)
class Reply:
    """One answer: text or tool calls, and the reasoning before them."""

    text: str
    calls: Sequence[Mapping[str, Any]] = ()
    reasoning: str = ""
    finish_reason: str = "stop"

    def message(self) -> dict[str, Any]:
        made: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.reasoning:
            made["reasoning_content"] = self.reasoning
        if self.calls:
            made["tool_calls"] = list(self.calls)
        return made if self.calls else {**made, "content": self.text}

    def deltas(self) -> Iterator[dict[str, Any]]:
        yield {"role": "assistant", "content": ""}
        yield from ({"reasoning_content": word} for word in words(self.reasoning))
        yield from ({"content": word} for word in words(self.text))
        yield from call_deltas(self.calls)


def reply_to(body: Mapping[str, Any], place: int = 0) -> Reply:
    """The answer to a request; `place` tells several answers to one request apart."""
    messages: Sequence[Message] = body["messages"]
    asked = max((at for at, one in enumerate(messages) if one["role"] == "user"), default=0)
    question = flat(messages[asked].get("content"))
    reasoning = f"Thinking about: {question[:60]}" if _reasons(body) else ""
    loop = messages[asked + 1 :]
    made = choose(body, question, _called(loop))
    if made:
        calls = [
            call(name, arguments, id=_call_id(body, at))
            for at, (name, arguments) in enumerate(made)
        ]
        return Reply("", calls, reasoning, "tool_calls")
    text = _structured(body, question) or _spoken(messages, question, loop)
    return Reply(text + (f" ({place + 1})" if place else ""), (), reasoning)


def flat(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if part["type"] == "text")


def reported_parts(messages: Sequence[Message]) -> tuple[int, int, int]:
    """How many images, audio parts and files there are."""
    kinds = [
        part["type"]
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
    ]
    return kinds.count("image_url"), kinds.count("input_audio"), kinds.count("file")


def _reasons(body: Mapping[str, Any]) -> bool:
    asked = body.get("reasoning_effort") not in (None, "none")
    return asked or any(word in body["model"] for word in _REASONING)


def _called(loop: Sequence[Message]) -> list[str]:
    return [one["function"]["name"] for message in loop for one in message.get("tool_calls") or []]


def _call_id(body: Mapping[str, Any], place: int) -> str:
    asked = json.dumps(body["messages"], sort_keys=True)
    # MiniMax's ids look so.
    prefix = "call_function" if body["model"].startswith("minimax") else "call"
    return f"{prefix}_{zlib.crc32(asked.encode()):08x}{place}"


def _structured(body: Mapping[str, Any], question: str) -> str | None:
    """JSON, where response_format or the prompt asks for it."""
    wanted = body.get("response_format") or {"type": "text"}
    if body["model"].startswith(_WITHOUT_RESPONSE_FORMAT):
        wanted = {"type": "text"}
    if wanted["type"] == "json_schema":
        return _dump(make(wanted["json_schema"]["schema"], question))
    prompt = "\n".join(flat(one.get("content")) for one in body["messages"])
    if "json" not in prompt.lower() and wanted["type"] != "json_object":
        return None
    if schema := embedded_schema(prompt):
        return _dump(make(schema, question.partition("{")[0]))
    if wanted["type"] != "json_object":
        return None
    keys = re.findall(r"'(\w+)'|\"(\w+)\"", prompt)
    # With a word for each key; "sunny", of the tests' weather, is true.
    made = {a or b: f"some {a or b}" for a, b in keys}
    return _dump((made | dict.fromkeys({"sunny"} & made.keys(), True)) or {"answer": question[:60]})


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _spoken(messages: Sequence[Message], question: str, loop: Sequence[Message]) -> str:
    results = [flat(message["content"]) for message in loop if message["role"] == "tool"]
    if results:
        return f"The result is: {'; '.join(results)}"
    for pattern, answered in _TALK:
        if match := re.search(pattern, question, re.IGNORECASE | re.DOTALL):
            return answered(match, messages)
    return f"Hello! You said: {question or 'nothing'}{_seen(messages)}"


def _sum(match: re.Match[str], messages: Sequence[Message]) -> str:
    first, sign, second = int(match[1]), match[2], int(match[3])
    value = {"+": first + second, "-": first - second, "*": first * second}[sign]
    return f"{first} {sign} {second} is {value}."


def _name(match: re.Match[str], messages: Sequence[Message]) -> str:
    told = re.search(r"my name is (\w+)", "\n".join(flat(m.get("content")) for m in messages), re.I)
    return f"Your name is {told[1]}." if told else "I do not know your name."


_TALK: Sequence[tuple[str, Callable[[re.Match[str], Sequence[Message]], str]]] = (
    (r"\bsay exactly:? (.+)", lambda match, messages: match[1]),
    (r"\bcount to (\d+)", lambda match, messages: " ".join(map(str, range(1, int(match[1]) + 1)))),
    (r"(\d+) ?([-+*]) ?(\d+)", _sum),
    (r"what is my name|what's my name", _name),
)


def _seen(messages: Sequence[Message]) -> str:
    kinds = zip(reported_parts(messages), ("image", "audio part", "file"), strict=True)
    seen = [f"{count} {kind}" for count, kind in kinds if count]
    return f" I see {', '.join(seen)}." if seen else ""
