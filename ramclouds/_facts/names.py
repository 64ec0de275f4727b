"""From any name that a gateway gives a model to its family, version and plain name."""

from __future__ import annotations

import re

# What gateways put behind a name without making it another model: snapshot dates, versions of
# resellers, New API's reasoning-effort suffixes (relay/channel/openai/adaptor.go), channel tags.
_CHANNEL_TAG = re.compile(r"-[A-Z]{1,5}$")
_DATE = re.compile(r"[-@]20\d\d-?\d\d-?\d\d(?!\d)")
_DECORATION = re.compile(
    rf"({_DATE.pattern}|-v\d+(:\d+)?|:[a-z]+|-latest"
    r"|\s*\([^()]*\)|\s*\[[^][]*\]|-(high|low|medium|minimal|none|xhigh)|-(no)?think(ing)?(-\d+)?)$"
)
# No real name has more than 5 suffixes. Without a limit a name of 10,000 characters costs time.
_MOST = 6
# Bedrock's regions and vendors: `us.anthropic.claude-opus-4-6`, `moonshotai.kimi-k3`.
_DOTTED_PREFIX = re.compile(r"^(?:[a-z][a-z-]*\.)+(?=[a-z])")
_DASHED_VERSION = re.compile(r"(?<=\d)-(?=\d{1,2}(?![\da-uw-z]))")

_FAMILIES = {
    "claude": "claude",
    "gpt": r"gpt-(?!oss)|chatgpt|codex|o[134](?=$|-)",
    "gemini": "gemini",
    "deepseek": "deepseek",
    "kimi": "kimi|moonshot-v",
    "minimax": "minimax",
    "glm": "(?:chat)?glm",
    "qwen": "qwen|qwq|qvq",
    "mistral": "mi(?:ni)?stral|magistral|(?:code|dev)stral|(?:mi|pi|vo)xtral",
    "grok": "grok",
    "mimo": "mimo",
}
_FAMILY = re.compile(
    "|".join(rf"(?P<{name}>(?<![a-z])(?:{words}))" for name, words in _FAMILIES.items())
)
# `4.5`, `4-5` and `3p2` are versions. `32b` and `128k` are sizes, `2512` is a date.
_VERSION = re.compile(
    r"(?<!\d)(\d{1,2})(?![\dbk])(?:[.p](\d{1,2})(?!\d)|-(\d{1,2})(?![\da-uw-z]))?"
)


def base_names(name: str) -> list[str]:
    """The name without a reseller's prefix, then without one suffix after the other."""
    base = name.strip().rsplit("/", 1)[-1]
    # In a name that is all capitals a suffix is no tag: GPT-5-MINI is not GPT-5.
    base = base if base.isupper() else _CHANNEL_TAG.sub("", base)
    base = _DOTTED_PREFIX.sub("", base.lower())
    family = _FAMILY.search(base)
    bases = [base[family.start() :] if family else base]
    while len(bases) < _MOST and (shorter := _DECORATION.sub("", bases[-1])) != bases[-1]:
        bases.append(shorter)
    return bases


def with_dots(base: str) -> str:
    """The name with its version in dots: `claude-opus-4-5` and `claude-opus-4.5` are one model."""
    return _DASHED_VERSION.sub(".", base)


def family_and_version(base: str) -> tuple[str, tuple[int, ...]]:
    """The family and its version; an empty string and tuple where the name does not say."""
    found = _FAMILY.search(base)
    if found is None or found.lastgroup is None:
        return "", ()
    numbers = _VERSION.search(_DATE.sub("", base[found.end() :]))
    version = tuple(int(number) for number in numbers.groups() if number) if numbers else ()
    return found.lastgroup, version
