"""A server that replies with given bytes, as a proxy that refuses, closes or is silent."""

from __future__ import annotations

import socket
import threading

NEEDED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


class Script:
    """A server that replies to each read with the next bytes; None is silence, b"" the end."""

    def __init__(self, *replies: bytes | None) -> None:
        self.replies = replies
        self.received: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                self._reply(peer)

    def _reply(self, peer: socket.socket) -> None:
        for reply in self.replies:
            self.received.append(peer.recv(65_536))
            if reply is None:
                self._done.wait(5)
            if not reply:
                return
            peer.sendall(reply)

    def close(self) -> None:
        self._done.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # It wakes the thread in `accept`.
        self._listener.close()
