"""The content coding of a response, undone piece by piece: a few bytes may stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

_PIECE = 256 * 1024
# JSON shrinks to a tenth, and events to a hundredth at most; deflate can reach 1,032.
_MOST_TIMES = 200
_SHORT = 16 * 1024 * 1024
"""Bytes up to which the ratio does not matter."""

_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


def codings_of(response: httpx.Response) -> list[str]:
    """The content codings of a response, the innermost first."""
    given = response.headers.get("content-encoding")
    if not given:
        return []
    names = [name.strip() for name in given.lower().split(",")]
    return [name for name in names if name not in {"", "identity"}]


class Decoder:
    """Decodes the parts of a body; nothing behind its end is decoded.

    Raises:
        httpx.DecodingError: there are several codings, or one that was not offered.
    """

    def __init__(self, codings: list[str]) -> None:
        self.is_over = False
        if len(codings) > 1:
            raise httpx.DecodingError(f"it has {len(codings)} codings, one inside the other")
        if codings[0] not in _WINDOWS:
            raise httpx.DecodingError(f"{codings[0][:40]!r} was not asked for")
        self._window = _WINDOWS[codings[0]]
        self._inflater = zlib.decompressobj(self._window)
        self._encoded = 0
        self._decoded = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded pieces of some bytes, each of a limited size.

        Raises:
            httpx.DecodingError: the bytes are broken, or stand for far too many.
        """
        if not self._encoded and self._window == zlib.MAX_WBITS and _is_bare(data):
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._encoded += len(data)
        is_more = bool(data)
        while is_more and not self.is_over:
            piece = self._inflated(data)
            data = self._inflater.unconsumed_tail
            self.is_over = self._inflater.eof
            is_more = bool(data) or len(piece) == _PIECE
            if piece:
                yield piece

    def _inflated(self, data: bytes) -> bytes:
        try:
            piece = self._inflater.decompress(data, _PIECE)
        except zlib.error as exc:
            raise httpx.DecodingError(str(exc)) from exc
        self._decoded += len(piece)
        if self._decoded > _SHORT and self._decoded > _MOST_TIMES * self._encoded:
            raise httpx.DecodingError(f"it expands to more than {_MOST_TIMES} times its size")
        return piece


def _is_bare(data: bytes) -> bool:
    """Whether it is deflate without zlib's header, as some servers send it."""
    # https://www.rfc-editor.org/rfc/rfc1950#section-2.2
    return bool(data) and data[0] & 0x8F != 0x08
