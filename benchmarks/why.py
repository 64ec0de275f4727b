"""Shows what ChatOpenAI and ChatRamClouds do in the same four cases: the table of the README.

`make why` runs it. The server is the tests' own, on loopback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_openai import ChatOpenAI

from langchain_ramclouds import ChatRamClouds
from tests.gateway import Gateway, Json, Sse, call, completion, text_chunks, tool_chunks

_BILL = call("refund", {"order": 17, "cents": 4200})


def cut_off(gateway: Gateway, model: Any) -> str:
    """A stream whose connection ends in the middle of the text, as when a provider crashes."""
    gateway.reply(Sse(text_chunks("Do not delete the files", finish_reason=None)[:3], done=False))
    return f"an answer: `{''.join(chunk.text for chunk in model.stream('May I?'))}`"


def reasoning(gateway: Gateway, model: Any) -> str:
    """The reasoning beside the text, as DeepSeek, Kimi, GLM and Qwen send it."""
    gateway.reply(Json(completion("391", reasoning_content="17 * 23 = 340 + 51.")))
    message = model.invoke("17 * 23?")
    found = [block for block in message.content_blocks if block["type"] == "reasoning"]
    return "kept" if found else "lost"


def fragments(gateway: Gateway, model: Any) -> str:
    """A streamed tool call whose fragments have no index, as some providers send it."""
    events = tool_chunks(_BILL)
    for event in events:
        for fragment in (
            event["choices"][0]["delta"].get("tool_calls", ()) if event["choices"] else ()
        ):
            fragment.pop("index", None)
    gateway.reply(Sse(events))
    whole = None
    for chunk in model.stream("Refund order 17."):
        whole = chunk if whole is None else whole + chunk
    arguments = [each["args"] for each in whole.tool_calls] if whole else []
    return f"called with `{arguments[0] if arguments else None}`"


def limit(gateway: Gateway, model: Any) -> str:
    """The name under which `max_tokens=500` is sent."""
    gateway.reply(Json(completion("Hi")))
    model.invoke("Hi", max_tokens=500)
    return ", ".join(f"`{name}`" for name, value in gateway.last.json.items() if value == 500)


_ROWS: dict[str, Callable[[Gateway, Any], str]] = {
    "a stream breaks off": cut_off,
    "the model's reasoning": reasoning,
    "a tool call, streamed without an index": fragments,
    "`max_tokens=500` for Claude is sent as": limit,
}


def _what(row: Callable[[Gateway, Any], str], kind: Any) -> str:
    with Gateway() as gateway:
        model = kind(
            model="claude-sonnet-4-5", api_key="test-key", base_url=gateway.base_url, max_retries=0
        )
        try:
            return row(gateway, model)
        except Exception as error:  # noqa: BLE001 - whatever a user would see
            return f"`{type(error).__name__}`"


if __name__ == "__main__":
    print("| | ChatOpenAI | ChatRamClouds |\n|---|---|---|")
    for name, row in _ROWS.items():
        print(f"| {name} | {_what(row, ChatOpenAI)} | {_what(row, ChatRamClouds)} |")
