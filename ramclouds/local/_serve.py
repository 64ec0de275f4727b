"""The server's process: llama.cpp until the parent is gone.

Run by its path, not with `-m`: importing `ramclouds` would cost it time and gain it nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Read settings from the first line of stdin, serve, and print the address."""
    # Ctrl-C reaches the whole process group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = _keep_stdout_for_the_address()
    settings = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_exit_at_end_of_stdin, daemon=True).start()
    server = _serve(settings)
    output.write(f"{server.listening_address}\n")
    output.close()
    _wait_for_another_parent(settings["parent"])
    os._exit(0)


def _keep_stdout_for_the_address() -> Any:
    """Let whatever llama.cpp prints on stdout go to stderr."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return output


def _exit_at_end_of_stdin() -> None:
    # The parent holds the other end open: it closes when the parent ends, however it ends.
    while os.read(0, 1024):
        pass
    os._exit(0)


def _serve(settings: dict[str, Any]) -> Any:
    # Read when the library is loaded. By default its threads wait for each other in busy loops:
    # on a machine with other work that costs 60-fold in speed (1.5 tokens a second for 37).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import xllamacpp

    params = _set(xllamacpp.CommonParams(), settings)
    try:
        return xllamacpp.Server(params)
    except RuntimeError as exc:
        # llama.cpp writes the reason to stderr; a traceback would hide it.
        sys.exit(str(exc))


def _set(params: Any, settings: dict[str, Any]) -> Any:
    params.model.path = settings["model"]
    params.model_alias = settings["alias"]
    params.api_keys = [settings["api_key"]]
    params.hostname = "127.0.0.1"
    params.port = 0
    # llama.cpp divides n_ctx among its slots.
    params.n_ctx = settings["n_ctx"] * settings["parallel"]
    params.n_parallel = settings["parallel"]
    # Left at its default, the library runs at a quarter of the speed.
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    # Defaults of requests: the most likely tokens, with which a small model is best and the same
    # each time; and a limit, since it may repeat itself without end.
    params.sampling.temp = 0.0
    params.n_predict = settings["n_predict"]
    if settings["pooling"] is not None:
        params.embedding = True
        params.pooling_type = _POOLING[settings["pooling"]]
    # The first request does the same work.
    params.warmup = False
    # Loads the model on trial, to see how much of it fits into a GPU's memory. A small one does.
    params.fit_params = Path(settings["model"]).stat().st_size > _SMALL_MODEL
    params.verbosity = 1
    params.webui = False
    return params


_SMALL_MODEL = 500_000_000  # bytes

# llama.cpp's enum llama_pooling_type.
_POOLING = {"model": -1, "mean": 1, "cls": 2, "last": 3}


def _wait_for_another_parent(parent: int) -> None:
    # A process forked from the parent can hold the pipe open after the parent's death; then only
    # the parent's id tells. On Windows it never changes, and pipes are not inherited.
    while os.getppid() == parent:
        time.sleep(1)


if __name__ == "__main__":
    main()
