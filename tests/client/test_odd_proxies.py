"""Proxies that refuse, close or are silent; and SOCKS5."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from ramclouds import APIConnectionError, APITimeoutError, RamCloudsError
from tests.client.odd_proxy import NEEDED, Script
from tests.harness import EACH_TWIN, Calls, in_row

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    made: list[Script] = []

    def make(*replies: bytes | None) -> Script:
        made.append(Script(*replies))
        return made[-1]

    yield make
    for one in made:
        one.close()


SILENT, CLOSES = None, b""
FAILS: dict[str, tuple[str, list[bytes | None], type[RamCloudsError], str]] = {
    "tunnel_silent": ("http", [SILENT], APITimeoutError, "in time"),
    "tunnel_closes": ("http", [CLOSES], APIConnectionError, "proxy failed: it closed"),
    "tunnel_407": ("http", [NEEDED], APIConnectionError, "asks for a user"),
    "tunnel_403": ("http", [NEEDED.replace(b"407", b"403")], APIConnectionError, "403"),
    "tunnel_is_ssh": ("http", [b"SSH-2.0-x\r\n"], APIConnectionError, "proxy failed"),
    "socks_silent": ("socks5", [SILENT], APITimeoutError, "in time"),
    "socks_closes": ("socks5", [CLOSES], APIConnectionError, "proxy failed: it closed"),
    "socks_in_capitals": ("SOCKS5", [CLOSES], APIConnectionError, "proxy failed: it closed"),
    "socks_wants_a_password": ("socks5", [b"\x05\xff"], APIConnectionError, "asks for a user"),
    "socks_is_http": ("socks5h", [NEEDED], APIConnectionError, "does not speak SOCKS5"),
    "socks_password_too_long": (
        f"socks5://user:{'p' * 256}@",
        [b"\x05\x02"],
        APIConnectionError,
        "no more than 255 bytes",
    ),
    "socks_silent_later": ("socks5", [b"\x05\x00", SILENT], APITimeoutError, "in time"),
    "socks_closes_later": ("socks5", [b"\x05\x00", CLOSES], APIConnectionError, "it closed"),
    "socks_refuses": (
        "socks5",
        [b"\x05\x00", b"\x05\x05\x00\x01" + bytes(6)],
        APIConnectionError,
        "host refused",
    ),
}


def test_proxy_that_fails(
    connect: Connect, script: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, (scheme, replies, error, text) in FAILS.items():
        with in_row(kind):
            address = scheme if "@" in scheme else f"{scheme}://"
            monkeypatch.setenv("HTTPS_PROXY", f"{address}127.0.0.1:{script(*replies).port}")
            timeout = 0.05 if SILENT in replies else 10
            with pytest.raises(error, match=text) as caught:
                connect(base_url="https://127.0.0.1:9/v1", timeout=timeout).complete()
            assert isinstance(caught.value, APITimeoutError) is (error is APITimeoutError)


def test_proxy_that_wants_a_password_for_plain_http(
    connect: Connect, script: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{script(NEEDED).port}")
    with pytest.raises(APIConnectionError, match="asks for a user") as caught:
        connect().complete()
    assert caught.value.retryable is False


def test_proxy_that_is_not_there(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for scheme in ("http", "socks5"):
            monkeypatch.setenv("HTTP_PROXY", f"{scheme}://127.0.0.1:{port}")
            with pytest.raises(APIConnectionError, match="proxy failed: it cannot be reached"):
                connect().complete()


GRANTED = {"ipv4": b"\x01" + bytes(6), "ipv6": b"\x04" + bytes(18), "name": b"\x03\x01x\0\0"}
DONE = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}'


def test_socks_proxy_that_works(
    connect: Connect, script: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in GRANTED:
        with in_row(address):
            granted = b"\x05\x00\x00" + GRANTED[address]
            served = script(b"\x05\x02", b"\x01\x00", granted, DONE)
            monkeypatch.setenv("ALL_PROXY", f"socks5://us%40er:p%2Fw@127.0.0.1:{served.port}")
            assert connect(base_url="http://gateway.localhost:81/v1").models() == []
            assert served.received[:3] == [
                b"\x05\x02\x00\x02",
                b"\x01\x05us@er\x03p/w",
                b"\x05\x01\x00\x03\x11gateway.localhost\x00\x51",
            ]
            assert served.received[3].startswith(b"GET /v1/models HTTP/1.1\r\n")
