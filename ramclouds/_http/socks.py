"""The handshake with a SOCKS5 proxy, without I/O: https://www.rfc-editor.org/rfc/rfc1928.

httpcore's own reads without a timeout, so a silent proxy would hold a call for ever:
https://github.com/encode/httpcore/blob/1.0.9/httpcore/_sync/socks_proxy.py
"""

from __future__ import annotations

from collections.abc import Generator

import httpcore

_NONE, _PASSWORD, _DOMAIN = 0, 2, 3
_REPLIES = {
    1: "it failed",
    2: "its rules do not allow this host",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the host refused the connection",
    6: "the connection took too long",
}


def handshake(
    host: bytes, port: int, credentials: tuple[bytes, bytes] | None
) -> Generator[tuple[bytes, int], bytes, None]:
    """Yields what to send, and how many bytes to read next; is sent those bytes.

    Raises:
        httpcore.ProxyError: the proxy refuses, or speaks something else.
    """
    methods = bytes([_NONE] if credentials is None else [_NONE, _PASSWORD])
    version, method = yield b"\x05" + _sized(methods), 2
    if version != 5:
        raise httpcore.ProxyError("it does not speak SOCKS5")
    if method == _PASSWORD and credentials is not None:
        # https://www.rfc-editor.org/rfc/rfc1929
        _, status = yield b"\x01" + b"".join(map(_sized, credentials)), 2
        method = _PASSWORD if status else _NONE
    if method != _NONE:
        raise httpcore.ProxyError("the user or password is missing or wrong")
    address = bytes([5, 1, 0, _DOMAIN]) + _sized(host) + port.to_bytes(2, "big")
    _, status, _, kind = yield address, 4
    if status:
        raise httpcore.ProxyError(_REPLIES.get(status, f"reply {status}"))
    size = (yield b"", 1)[0] if kind == _DOMAIN else 16 if kind == 4 else 4
    yield b"", size + 2


def _sized(text: bytes) -> bytes:
    if len(text) > 255:
        raise httpcore.ProxyError("SOCKS5 takes no more than 255 bytes of a host or password")
    return bytes([len(text)]) + text
