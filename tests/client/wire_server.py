"""A server that plays a script on each connection: for what no gateway sends on purpose."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.gateway import completion

Script = Callable[[socket.socket], None]
PATIENCE = 20


def whole(text: str, *, headers: str = "", status: str = "200 OK") -> bytes:
    """A response with a completion of this text."""
    body = json.dumps(completion(text)).encode()
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chunked(text: str, *, end: bytes = b"0\r\n\r\n", extension: bytes = b"") -> bytes:
    """The same in one HTTP chunk."""
    body = json.dumps(completion(text)).encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x%b\r\n%b\r\n" % (len(body), extension, body) + end


def request_of(connection: socket.socket) -> bytes:
    """One request, head and body; empty where the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-len")),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def responding(*pieces: bytes) -> Script:
    """Reads a request, sends the pieces, and is silent."""

    def play(connection: socket.socket) -> None:
        if request_of(connection):
            for piece in pieces:
                connection.sendall(piece)
            connection.recv(1)

    return play


def without_end(piece: bytes, *, before: bytes = b"", pause: float = 0.0) -> Script:
    """Reads a request, and sends a piece over and over until the client goes."""

    def play(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(before)
        while True:
            connection.sendall(piece)
            if pause:
                threading.Event().wait(pause)

    return play


class WireServer:
    """Its URL, and how many connections and requests came."""

    def __init__(self, port: int, scheme: str) -> None:
        self.base_url = f"{scheme}://127.0.0.1:{port}/v1"
        self.connections = 0


@contextmanager
def wire_server(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[WireServer]:
    """Plays the scripts, one for each connection; the last one for all further ones."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = WireServer(listening.getsockname()[1], "https" if tls else "http")
    opened: list[socket.socket] = []

    def serve(connection: Any, script: Script) -> None:
        with suppress(OSError), connection:
            connection.settimeout(PATIENCE)
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
                opened.append(connection)
            with connection:
                script(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                opened.append(connection)
                script = scripts[min(server.connections, len(scripts) - 1)]
                server.connections += 1
                threading.Thread(target=serve, args=(connection, script), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        for one in (listening, *opened):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)
        listening.close()
        # The connections are closed by their threads. Closed here, a number could be another
        # test's socket before OpenSSL, still in a handshake, writes to it.
