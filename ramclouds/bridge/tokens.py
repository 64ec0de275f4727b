"""How many tokens texts and requests have, about: the gateway's models have no common tokenizer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from typing import Any

from ramclouds.bridge._prepare.reasoning import replayed

__all__ = ["count_request", "estimate_tokens"]

_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
# Tokens of each match, fitted to o200k_base over texts of thirty languages, Python and JSON.
_WEIGHTS = (
    (f"[{_LATIN}]+", 0.78),
    (f"(?<=[{_LATIN}]{{6}})[{_LATIN}]", 0.55),
    ("[\u00c0-\u024f\u1e00-\u1eff]", 0.52),
    ("[\u0400-\u052f]+", 1.16),  # Cyrillic: a word,
    ("[\u0400-\u052f]", 0.105),  # and each of its letters
    ("[\u0370-\u03ff\u1f00-\u1fff]", 0.39),  # Greek
    ("[\u0590-\u077f]", 0.38),  # Hebrew, Arabic
    ("[\u0900-\u0dff]", 0.38),  # India
    ("[\u0e00-\u109f\u1780-\u17ff]", 0.45),  # Thai and its neighbours
    ("[\u0530-\u058f\u0780-\u08ff\u10a0-\u10ff\u1200-\u177f\u1800-\u1dff]", 0.6),
    ("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]", 0.76),  # Chinese, Japanese
    ("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]", 0.8),  # Korean
    ("[\U00010000-\U0010ffff]", 1.5),
    ("[0-9]{1,3}", 1.2),
    ("[!-/:-@\\[-`{-~\u00a1-\u00bf\u2010-\u2bff\u3000-\u303f\uff00-\uffef]+", 1.0),
    (r"[\r\n]+|[ \t]{2,}", 0.75),
)
# What the frame of one message and one picture costs; OpenAI's figures, as LlamaIndex takes them.
_MESSAGE_TOKENS = 4
_MEDIA_TOKENS = 2125


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has in OpenAI's o200k_base, in any language."""
    return ceil(sum(weight * len(pattern.findall(text)) for pattern, weight in _compiled()))


# Loaded at the first use: most programs never count tokens.
@cache
def _compiled() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(pattern), weight) for pattern, weight in _WEIGHTS)


def count_request(
    params: Mapping[str, Any],
    tools: Iterable[Mapping[str, Any]] = (),
    count: Callable[[str], int] = estimate_tokens,
) -> int:
    """Tokens of a request's messages and of tools.

    The dialect decides which reasoning goes back. A picture counts as such, not by its bytes. A
    call without its result counts too: what is counted may be a part of a history.
    """
    messages, choice = params["messages"], params.get("dialect")
    dialect = choice.of(params["model"]) if choice is not None else None
    if dialect is not None:
        messages = replayed(messages, dialect)
    framed = sum(_MESSAGE_TOKENS + _tokens(message, count) for message in messages)
    return framed + sum(count(json.dumps(tool, ensure_ascii=False)) for tool in tools)


def _tokens(message: Mapping[str, Any], count: Callable[[str], int]) -> int:
    content = message.get("content") or ""
    parts: Sequence[Any] = content if isinstance(content, list) else [{"text": content}]
    media = sum("text" not in part for part in parts)
    return media * _MEDIA_TOKENS + sum(map(count, _texts(message, parts)))


def _texts(message: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from (part["text"] for part in parts if "text" in part)
    for name in ("reasoning_content", "reasoning"):
        if isinstance(text := message.get(name), str):
            yield text
    for call in message.get("tool_calls") or ():
        yield call["function"]["name"]
        yield call["function"]["arguments"]
