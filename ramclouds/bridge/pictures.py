"""Pictures that models write into their text, as Gemini's channels do: `![image](data:...)`."""

from __future__ import annotations

from typing import Any, Literal

from ramclouds._late import late

__all__ = ["ImagesInText", "PictureSplitter", "picture_source", "split_pictures", "with_notes"]

Part = dict[str, Any]

ImagesInText = Literal["text", "block"]
"""What becomes of such a picture: it stays in the text, or is an image of the message."""

_DATA = "data:image/"
# The text in front is bounded: unbounded, a text of `![![![` takes quadratic time.
_LABEL = r"!\[[^\[\]\n]{0,200}\]\(\s*<?"
_HEAD = late(_LABEL + _DATA)
_MAY_BEGIN = late(r"!(?:\[[^\[\]\n]{0,200}(?:\](?:\(\s*<?(?P<url>\S{0,10}))?)?)?\Z")
# A title may stand behind it: `![a](data:... "Title")`.
_URL = late(_DATA + r"[^\s>]*")
_ANY = late(_LABEL + r"data:[^)]*\)?")


def with_notes(text: str) -> str:
    """A text with words in place of its pictures, each of which may be megabytes of base64."""
    return _ANY.sub("[image]", text) if "](" in text and "data:" in text else text


def split_pictures(text: str) -> tuple[str, list[Part]]:
    """A whole text without its pictures, and these as OpenAI's `image_url` parts."""
    splitter = PictureSplitter()
    plain = splitter.feed(text)
    return plain + splitter.close(), splitter.pictures


def picture_source(picture: Any) -> dict[str, str] | None:
    """Where an image part has its data: a `url`, or `base64` and its `mime_type`; None: nowhere."""
    source = picture.get("image_url") if isinstance(picture, dict) else None
    url = source.get("url") if isinstance(source, dict) else source
    if not isinstance(url, str):
        return None
    head, comma, data = url.partition(";base64,")
    if comma and head.startswith("data:"):
        return {"base64": data, "mime_type": head.removeprefix("data:")}
    return {"url": url}


class PictureSplitter:
    """Takes the pictures out of a text that arrives in pieces, at any split."""

    def __init__(self) -> None:
        self.pictures: list[Part] = []
        """Those that came whole."""
        self._buffer = ""
        self._inside: list[str] = []

    def feed(self, text: str) -> str:
        """Takes in the next piece; gives the text that belongs to no picture."""
        plain = ""
        while text:
            if self._inside:
                text = self._within(text)
                continue
            given, text = self._outside(self._buffer + text)
            plain += given
        return plain

    def close(self) -> str:
        """The end of the text; gives the beginning of a picture that did not come whole."""
        rest = self._buffer or "".join(self._inside)
        self._buffer = ""
        self._inside.clear()
        return rest

    def _outside(self, text: str) -> tuple[str, str]:
        """The text before the next picture, and the rest behind the picture's beginning."""
        self._buffer = ""
        at = text.find("!")
        while at >= 0:
            if (head := _HEAD.match(text, at)) is not None:
                self._inside = [head[0]]
                return text[:at], text[head.end() :]
            begun = _MAY_BEGIN.match(text, at)
            if begun is not None and _DATA.startswith(begun["url"] or ""):
                self._buffer = text[at:]
                return text[:at], ""
            at = text.find("!", at + 1)
        return text, ""

    def _within(self, text: str) -> str:
        """Takes in more of a picture; gives what stands behind its end."""
        more, end, rest = text.partition(")")
        self._inside.append(more)
        if end:
            url = _URL.search("".join(self._inside))[0]  # type: ignore[index]  # as _HEAD found
            self.pictures.append({"type": "image_url", "image_url": {"url": url}})
            self._inside.clear()
        return rest
