"""The captures as values: the reply's bytes, the request, and the advice on how to read it."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CHAT = "/v1/chat/completions"
# "`responses-stream-text-reasoning-m` comes first": what the client must have read before.
_FIRST = re.compile(r"`([\w-]+)` comes first")


@dataclass(frozen=True)
class Capture:
    """One reply of the gateway."""

    name: str
    folder: str
    fields: dict[str, Any]
    """The JSON beside the bytes."""

    @property
    def data(self) -> bytes:
        """Status line, headers and body, with the framing of the chunks."""
        return (FOLDER / self.folder / f"{self.name}.http").read_bytes()

    @property
    def expect(self) -> dict[str, Any]:
        expected: dict[str, Any] = self.fields["expect"]
        return expected

    @property
    def request(self) -> dict[str, Any]:
        """The body that was asked with."""
        asked: dict[str, Any] = self.fields["request"] or {}
        return asked

    @property
    def path(self) -> str:
        return str(self.fields["path"])

    @property
    def is_chat(self) -> bool:
        return self.path.rstrip("/").endswith("/chat/completions")

    @property
    def is_stream(self) -> bool:
        return bool(self.request.get("stream"))

    @property
    def status(self) -> int:
        return int(self.data[9:12])

    @property
    def before(self) -> list[Capture]:
        """Captures that the same client must have read before: it learns from them."""
        return [named(name) for name in _FIRST.findall(self.expect.get("why", ""))]

    @property
    def upstream(self) -> list[dict[str, Any]]:
        """What the gateway sent to the provider: path and body of each attempt."""
        sent: list[dict[str, Any]] = self.fields["upstream"] or []
        return sent


def _load(path: Path) -> Capture:
    return Capture(path.stem, path.parent.name, json.loads(path.read_text("utf-8")))


CAPTURES = [_load(path) for path in sorted(FOLDER.glob("*/*.json"))]


@functools.cache
def _by_name() -> dict[str, Capture]:
    return {capture.name: capture for capture in CAPTURES}


def named(name: str) -> Capture:
    """The capture of this name."""
    return _by_name()[name]


def asked_the_other_way(capture: Capture) -> Capture:
    """The reply to a stream request as one to a whole request, and the other way round."""
    request = {**capture.request, "stream": not capture.is_stream}
    return Capture(capture.name, capture.folder, {**capture.fields, "request": request})
