"""What the server's URLs promise, for models that complete from memory."""

from __future__ import annotations

ANSWER = "The sky is blue because air scatters short waves of light more than long ones."
_WORDS = (" the", " sky", " is", " blue", " because", " air", " scatters", " light")


def promised(url: str) -> tuple[list[str], float]:
    """The words of the stream, and the seconds before a whole response."""
    kind, *numbers = url.split("/")[3:-1]
    number = int(numbers[0]) if numbers else 0
    if kind == "plain":
        return [], number / 1000
    return [_WORDS[place % len(_WORDS)] for place in range(number)], 0.0
