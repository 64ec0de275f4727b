"""The sync client's sockets: reads with a short timeout of their own, and few system calls."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore


class PatientStream(httpcore.NetworkStream):
    """A connection; `patience`, if set, replaces the timeout of a read."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.patience: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout if self.patience is None else self.patience)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DirectStream(PatientStream):
    """A patient connection that uses its socket directly, and sets a timeout only if it changes.

    httpcore sets it before each read and write, a system call each time:
    https://github.com/encode/httpcore/blob/1.0.9/httpcore/_backends/sync.py
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        super().__init__(stream)
        self._socket = stream.get_extra_info("socket")
        self._timeout: float | None = -1.0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._set_timeout(timeout if self.patience is None else self.patience)
            data: bytes = self._socket.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout(exc) from exc
        except OSError as exc:
            raise httpcore.ReadError(exc) from exc
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._set_timeout(timeout)
            # `sendall` applies the timeout to the whole body; sent in parts, each has its own.
            rest = memoryview(buffer)
            while rest:
                rest = rest[self._socket.send(rest) :]
        except TimeoutError as exc:
            raise httpcore.WriteTimeout(exc) from exc
        except OSError as exc:
            raise httpcore.WriteError(exc) from exc

    def _set_timeout(self, timeout: float | None) -> None:
        if timeout != self._timeout:
            self._socket.settimeout(timeout)
            self._timeout = timeout


class Backend(httpcore.SyncBackend):
    """Opens patient connections for httpcore's pool, and sets `opened` when it does."""

    def __init__(self, opened: ContextVar[bool]) -> None:
        self._opened = opened

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._opened.set(True)
        return PatientStream(
            super().connect_tcp(host, port, timeout, local_address, socket_options)
        )
