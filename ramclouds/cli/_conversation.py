"""A conversation with a model: its messages, and what goes with the next question."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ramclouds._client import Client
from ramclouds._stream.accumulator import accumulate
from ramclouds.errors import ConfigurationError
from ramclouds.types import Chunk, Completion


class Conversation:
    """Asks a model, and remembers both sides."""

    def __init__(
        self,
        client: Client,
        model: str,
        system: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.system = system
        self.messages: list[dict[str, Any]] = []
        self.images: list[dict[str, Any]] = []
        """Those that go with the next question."""
        self.last = Completion()
        """The newest completion."""
        self._client = client
        self._params = params or {}

    def ask(self, question: str) -> Iterator[Chunk]:
        """Asks, and gives the completion as it comes; one that is left or fails is forgotten."""
        asked = {"role": "user", "content": self._content(question)}
        messages = self._history(asked)
        chunks = self._client.stream(model=self.model, messages=messages, **self._params)
        found = []
        with closing(chunks):
            for chunk in chunks:
                found.append(chunk)
                yield chunk
        self.last = accumulate(found)
        self.messages += [asked, self.last.message]
        self.images = []

    def clear(self) -> None:
        """Forgets everything but the model and the system message."""
        self.messages, self.images = [], []

    def _content(self, question: str) -> Any:
        if not self.images:
            return question
        return [*self.images, {"type": "text", "text": question}]

    def _history(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self.messages, asked]


def image_part(given: str) -> dict[str, Any]:
    """An image as a part of a message, from a file or an address.

    Raises:
        ConfigurationError: the file cannot be read, or is no image.
    """
    if given.startswith(("http://", "https://", "data:")):
        return _part(given)
    path = Path(given).expanduser()
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not kind.startswith("image/"):
        raise ConfigurationError(f"{given} is no image by its name. Name a png, jpeg, webp or gif.")
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise ConfigurationError(f"The image {given} cannot be read: {error.strerror}.") from error
    return _part(f"data:{kind};base64,{data}")


def _part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}
