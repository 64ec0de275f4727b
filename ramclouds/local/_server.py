"""`LocalServer`: the life of the server's process, seen from the parent."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import urlsplit

from ramclouds.errors import ConfigurationError
from ramclouds.local._model_file import (
    model_file,
    require_runtime,
    warn_of_base_model,
    way_to_call_tools,
)

Pooling = Literal["model", "mean", "cls", "last"]

_SERVE = Path(__file__).with_name("_serve.py")
_QUOTED_LINES = 8
# More threads than this gain a small model nothing.
_MOST_THREADS = 8
_STOP_TIMEOUT = 5.0


class LocalServer:
    """Serves a GGUF model on loopback, in a process of its own, while its `with` block runs.

    It serves chat completions and embeddings. `pooling` is how a text's vectors become one:
    `last` is best for a chat model, `model` leaves it to the file of an embedding model, None
    serves no embeddings. `n_ctx` is the context window of one request, `parallel` the number of
    requests served at a time. The port is free, the key random; the process ends with this one,
    also when it is killed.
    Requests that do not say otherwise get temperature 0 and at most a quarter of `n_ctx`.

    Raises:
        ConfigurationError: llama.cpp or the model file is missing, or the server does not start.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        alias: str | None = None,
        pooling: Pooling | None = "last",
        n_ctx: int = 4096,
        parallel: int = 2,
        threads: int | None = None,
        start_timeout: float = 120.0,
    ) -> None:
        self._path = model_file(model)
        require_runtime()
        self.model = alias or self._path.stem
        """The model's name in responses; the server takes any name in a request."""
        self.tool_calling = way_to_call_tools(self._path)
        """How the adapters best ask it for tools: `native` or `grammar`."""
        self.api_key = secrets.token_urlsafe(24)
        self.n_ctx = n_ctx
        self._pooling = pooling
        self._parallel = parallel
        self._threads = threads or min(_usable_cpus(), _MOST_THREADS)
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    @property
    def base_url(self) -> str:
        """Where the server listens.

        Raises:
            ConfigurationError: it is not running.
        """
        if self._process is None:
            raise ConfigurationError("The local server is not running. Use it in a `with` block.")
        return f"{self._address}/v1"

    def __enter__(self) -> LocalServer:
        if self._pooling != "model":  # an embedding model needs no chat template
            warn_of_base_model(self._path)
        # llama.cpp writes errors only, so the file stays small.
        with tempfile.TemporaryFile() as log:
            self._process = process = _spawn(log)
            try:
                self._address = self._address_from(process)
                _require_response(self._address, self._start_timeout)
            except (OSError, HTTPException) as exc:
                self._stop(process)
                raise ConfigurationError(self._why_not_started(exc, log)) from exc
            except BaseException:
                # Ctrl-C while waiting: no `__exit__` follows a failed `__enter__`.
                self._stop(process)
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._stop(self._process)

    def _address_from(self, process: subprocess.Popen[str]) -> str:
        """Hand over the settings and wait for the address that the server has bound."""
        stdin, stdout = _pipes(process)
        too_late = threading.Timer(self._start_timeout, process.kill)
        too_late.start()
        try:
            # By the pipe: others can read a process's arguments.
            stdin.write(json.dumps(self._settings()) + "\n")
            stdin.flush()
            address = stdout.readline().strip()
            in_time = too_late.is_alive()
        finally:
            too_late.cancel()
        if not in_time:
            raise TimeoutError(f"no answer within {self._start_timeout:g} s")
        if not address:
            # It says why while it ends; closing its stdin now would cut that short.
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_TIMEOUT)
            raise ConnectionError("its process ended")
        return address

    def _settings(self) -> dict[str, Any]:
        """What `_serve` reads."""
        return {
            "model": str(self._path),
            "alias": self.model,
            "pooling": self._pooling,
            "api_key": self.api_key,
            "n_ctx": self.n_ctx,
            "n_predict": self.n_ctx // 4,
            "parallel": self._parallel,
            "threads": self._threads,
            "parent": os.getpid(),
        }

    def _stop(self, process: subprocess.Popen[str]) -> None:
        """End the process: it goes when its stdin closes, or is made to."""
        self._process = None
        stdin, stdout = _pipes(process)
        with closing(stdout):
            try:
                stdin.close()
                process.wait(_STOP_TIMEOUT)
            except (OSError, subprocess.TimeoutExpired):
                process.kill()
                process.wait()

    def _why_not_started(self, reason: Exception, log: IO[bytes]) -> str:
        log.seek(0)
        lines = log.read().decode(errors="replace").splitlines()
        printed = " | ".join(dict.fromkeys(line.strip() for line in lines[-_QUOTED_LINES:]))
        return (
            f"The local server did not start with {self._path}: {reason}. "
            f"Its last lines: {printed or 'none'}"
        )


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):  # neither macOS nor Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spawn(log: IO[bytes]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(_SERVE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        encoding="utf-8",
    )


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _require_response(address: str, timeout: float) -> None:
    """Ask the server for its health; without a proxy, whatever the environment says."""
    url = urlsplit(address)
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=timeout)) as connection:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    if status != 200:
        raise ConnectionError(f"it answered its health check with {status}")
