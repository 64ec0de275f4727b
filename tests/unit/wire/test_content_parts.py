"""Content in parts, reasoning in odd shapes, and nesting without end."""

from __future__ import annotations

import contextlib
from typing import Any

from ramclouds import RamCloudsError
from tests.gateway import Json, OfflineGateway, Sse, chunk, completion, encoded
from tests.harness import Calls, in_row, read

PARTS: dict[str, tuple[Any, str, str]] = {
    "text_parts": ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab", ""),
    "strings": (["a", "b"], "ab", ""),
    "object_text": ([{"type": "text", "text": {"value": "a"}}], "", ""),
    "null_part": ([None, {"type": "text", "text": "a"}], "a", ""),
    "one_object": ({"type": "text", "text": "a"}, "a", ""),
    "thinking_parts": (
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "h"}]},
            {"type": "text", "text": "a"},
        ],
        "a",
        "h",
    ),
    "reasoning_parts": (
        [{"type": "reasoning", "text": "h"}, {"type": "text", "text": "a"}],
        "a",
        "h",
    ),
    "type_odd": ([{"type": {}, "text": "a"}], "a", ""),
    "text_null": ([{"type": "text", "text": None}], "", ""),
    "image": ([{"type": "image_url", "image_url": {"url": "x"}}], "", ""),
}


def test_content_in_parts(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in PARTS:
        with in_row(kind):
            gateway.forget()
            content, text, reasoning = PARTS[kind]
            gateway.reply(
                Json(completion(content)), Sse([chunk({"content": content}), chunk({}, "stop")])
            )
            for found in (read(calls.complete()), read(calls.stream())):
                assert (found["text"], found["reasoning"]) == (text, reasoning)


REASONINGS: dict[str, tuple[dict[str, Any], str]] = {
    "details_only": ({"reasoning_details": [{"type": "reasoning.text", "text": "h"}]}, "h"),
    "details_summary": (
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "h"}]},
        "h",
    ),
    "details_encrypted": (
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
        "",
    ),
    "object": ({"reasoning": {"content": "h"}}, "h"),
    "list": ({"reasoning_content": ["h", "m"]}, "hm"),
    "number": ({"reasoning": 5}, ""),
    "details_odd": ({"reasoning_details": "x"}, ""),
}


def test_reasoning_in_odd_shapes(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in REASONINGS:
        with in_row(kind):
            gateway.forget()
            fields, reasoning = REASONINGS[kind]
            gateway.reply(Json(completion("a", **fields)))
            gateway.reply(Sse([chunk({"content": "a", **fields}), chunk({}, "stop")]))
            for found in (read(calls.complete()), read(calls.stream())):
                assert (found["text"], found["reasoning"]) == ("a", reasoning)


HALF_OF_A_PAIR = "\\ud83c"


def test_deep_nesting_is_an_answer_or_one_of_our_errors(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for half in ["", HALF_OF_A_PAIR]:
        for depth in [100, 400, 900, 5000]:
            with in_row(half, depth):
                gateway.forget()
                deep = f'{"[" * depth}"{half}a"{"]" * depth}'
                body = encoded(completion("@", usage=None)).decode().removeprefix("data: ").strip()
                body = body.replace('"@"', deep)
                gateway.reply(Sse([body], done=False), Sse([f"data: {body}\n\n"]))
                for call in (calls.complete, calls.stream):
                    with contextlib.suppress(RamCloudsError):
                        assert read(call())["text"].endswith("a")
