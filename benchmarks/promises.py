"""What the server's URLs promise, for models that complete from memory."""

from __future__ import annotations

from typing import Any

ANSWER = "The sky is blue because air scatters short waves of light more than long ones."
_WORDS = (" the", " sky", " is", " blue", " because", " air", " scatters", " light")


def promised(url: str) -> dict[str, Any]:
    """The words of the stream, and the seconds before a whole response."""
    kind, *numbers = url.split("/")[3:-1]
    number = int(numbers[0]) if numbers else 0
    if kind == "plain":
        return {"words": [], "delay": number / 1000}
    return {"words": [_WORDS[place % len(_WORDS)] for place in range(number)], "delay": 0.0}
