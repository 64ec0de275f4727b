"""TLS that fails, and what a client does behind it, on every kind of loop."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ramclouds import APIConnectionError, APITimeoutError, AsyncClient, Client, RamCloudsError
from tests.client.certificates import certificate_in
from tests.client.every_loop import LOOPS, busy
from tests.client.wire_server import Script, request_of, responding, whole, wire_server
from tests.harness import ASK

TWINS = pytest.mark.parametrize("loop", ["threads", *LOOPS])


def outcome(loop: str, base_url: str, **settings: Any) -> str | RamCloudsError:
    """The text of a call, or its error; the connections are all given back."""
    settings = {"api_key": "test-key", "base_url": base_url, "max_retries": 0, **settings}

    async def ask() -> str | RamCloudsError:
        async with AsyncClient(**settings) as client:
            try:
                return (await client.complete(**ASK)).text
            except RamCloudsError as exc:
                return exc
            finally:
                assert busy(client) == 0

    if loop != "threads":
        return LOOPS[loop](ask)  # type: ignore[no-any-return]
    with Client(**settings) as client:
        try:
            return client.complete(**ASK).text
        except RamCloudsError as exc:
            return exc
        finally:
            assert busy(client) == 0


def server_context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@TWINS
@pytest.mark.parametrize(
    ("certificate", "words"),
    [({"host": "elsewhere.test"}, "127.0.0.1"), ({"days": -1}, "expired")],
    ids=["wrong_host", "expired"],
)
def test_certificate_that_is_not_good(
    tmp_path: Path, loop: str, certificate: dict[str, Any], words: str
) -> None:
    path = certificate_in(tmp_path, **certificate)
    with wire_server(responding(whole("Hi")), tls=server_context(path)) as server:
        error = outcome(loop, server.base_url, verify=str(path))
    assert isinstance(error, APIConnectionError)
    assert error.retryable is False
    assert words in str(error)


def cut(*, to_end: bool) -> Script:
    """Responds with a length or until the end, and closes without TLS's own farewell."""

    def play(connection: socket.socket) -> None:
        request_of(connection)
        response = whole("Hi")
        if to_end:
            _, _, body = response.partition(b"\r\n\r\n")
            response = b"HTTP/1.1 200 OK\r\n\r\n" + body
        connection.sendall(response if to_end else response[:-5])
        connection.shutdown(socket.SHUT_RDWR)

    return play


@TWINS
@pytest.mark.parametrize("to_end", [True, False])
def test_connection_that_is_cut_without_a_farewell(tmp_path: Path, loop: str, to_end: bool) -> None:
    path = certificate_in(tmp_path)
    with wire_server(cut(to_end=to_end), tls=server_context(path)) as server:
        found = outcome(loop, server.base_url, verify=str(path))
    assert found == "Hi" if to_end else isinstance(found, APIConnectionError)


@TWINS
@pytest.mark.parametrize("is_given", [True, False])
def test_certificate_of_the_client(tmp_path: Path, loop: str, is_given: bool) -> None:
    path = certificate_in(tmp_path)
    context = server_context(path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(path)
    verify = ssl.create_default_context(cafile=path)
    if is_given:
        verify.load_cert_chain(path)
    with wire_server(responding(whole("Hi")), tls=context) as server:
        found = outcome(loop, server.base_url, verify=verify)
    assert found == "Hi" if is_given else isinstance(found, APIConnectionError)


def silent(connection: socket.socket) -> None:
    threading.Event().wait(2)


@TWINS
def test_handshake_that_is_not_answered(loop: str) -> None:
    with wire_server(silent) as server:
        url = server.base_url.replace("http:", "https:")
        error = outcome(loop, url, verify=False, timeout=httpx.Timeout(20, connect=0.05))
    assert isinstance(error, APITimeoutError)
    assert error.retryable is True


@pytest.mark.parametrize("loop", LOOPS)
def test_handshake_that_is_cancelled(loop: str) -> None:
    import anyio

    async def main() -> None:
        async with AsyncClient(api_key="test-key", base_url=url, verify=False) as client:
            with anyio.move_on_after(0.1):
                await client.complete(**ASK)
            assert busy(client) == 0

    with wire_server(silent) as server:
        url = server.base_url.replace("http:", "https:")
        LOOPS[loop](main)


def dead_and_living(port: int) -> Callable[..., list[Any]]:
    """Addresses of which the first takes no connection, and says nothing either."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(4):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
        KEPT.append(waiting)
    KEPT.append(full)
    found = [full.getsockname(), ("127.0.0.1", port)]
    return lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address) for address in found
    ]


KEPT: list[socket.socket] = []


@pytest.mark.parametrize("loop", ["threads", *LOOPS])
def test_second_address_is_tried_where_the_first_is_dead(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wire_server(responding(whole("Hi"))) as server:
        port = int(server.base_url.split(":")[2][:-3])
        addresses = dead_and_living(port)

        async def found(*_: Any) -> Any:
            return addresses()

        monkeypatch.setattr("ramclouds._http.wires._ADDRESS_PATIENCE", 0.1)
        for wire in ("wires.BlockingWire", "loop_wires.AnyioWire"):
            monkeypatch.setattr(f"ramclouds._http.{wire}.addresses", found)
        assert outcome(loop, server.base_url, timeout=httpx.Timeout(20, connect=8)) == "Hi"
    for one in KEPT:
        one.close()
    KEPT.clear()
