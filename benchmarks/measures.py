"""How it is measured: each function runs alone in a fresh process and gives its figures back."""

from __future__ import annotations

import asyncio
import gc
import importlib
import resource
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.embedding_subjects import BUILDERS as EMBEDDERS
from benchmarks.subjects import BUILDERS, subject

Figures = dict[str, float]

_ENOUGH = 5.0
"""Seconds of CPU after which nothing larger is measured."""

IMPORTS = {
    "langchain-ours": ("langchain_ramclouds", "langchain_core"),
    "langchain-peer": ("langchain_openai", "langchain_core"),
    "llama-index-ours": ("llama_index_ramclouds", "llama_index.core"),
    "llama-index-peer": ("llama_index.llms.openai_like", "llama_index.core"),
}


def _cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, all threads together."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def _drain(chunks: Any) -> None:
    for _ in chunks:
        pass


def streamed_token(name: str, url: str, *, tokens: int, rounds: int) -> Figures:
    """CPU microseconds for each token of a stream."""
    measured = subject(name, url)
    messages = measured.conversation(1)
    _drain(measured.stream(messages))
    figures = [_cpu(lambda: _drain(measured.stream(messages))) for _ in range(rounds)]
    return {"us": median(figures) / tokens * 1e6}


def plain_call(name: str, url: str, *, length: int, calls: int, rounds: int) -> Figures:
    """CPU milliseconds for each call on a kept connection."""
    measured = subject(name, url)
    messages = measured.conversation(length)
    for _ in range(3):
        measured.call(messages)
    figures = [_cpu(lambda: [measured.call(messages) for _ in range(calls)]) for _ in range(rounds)]
    return {"ms": median(figures) / calls * 1e3}


def construction(name: str, url: str, *, calls: int, rounds: int) -> Figures:
    """CPU milliseconds to build the model object."""
    build = BUILDERS[name]
    build(url)
    figures = [_cpu(lambda: [build(url) for _ in range(calls)]) for _ in range(rounds)]
    return {"ms": median(figures) / calls * 1e3}


def imports(name: str, url: str) -> Figures:
    """CPU seconds to import an adapter when those parts of the framework that it uses are there."""
    module, core = IMPORTS[name]
    for needed in sorted(_needed(module, core)):
        importlib.import_module(needed)
    return {"s": _cpu(lambda: importlib.import_module(module))}


def _needed(module: str, core: str) -> list[str]:
    """The modules of the framework's core that a module loads; asked of another process."""
    import json
    import subprocess

    code = f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"
    asked = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    loaded = json.loads(asked.stdout)
    return [found for found in loaded if found == core or found.startswith(f"{core}.")]


def growing_concurrency(name: str, url: str, *, sizes: list[int], calls: int) -> Figures:
    """CPU milliseconds for each call, by how many run at once."""
    measured = subject(name, url)
    messages = measured.conversation(1)

    async def together(number: int, times: int) -> None:
        for _ in range(times):
            await asyncio.gather(*(measured.acall(messages) for _ in range(number)))

    asyncio.run(together(1, 1))

    def cost(size: int) -> float:
        times = max(1, calls // size)
        return _cpu(lambda: asyncio.run(together(size, times))) / times / size

    return _grown(sizes, cost, 1e3)


def growing_stream(name: str, url: str, *, sizes: list[int], tokens: int) -> Figures:
    """CPU microseconds for each token, by the length of the stream."""
    root = url.removesuffix("/v1")

    def cost(size: int) -> float:
        measured = subject(name, f"{root}/{size}/v1")
        messages = measured.conversation(1)
        if size < tokens:
            _drain(measured.stream(messages))
        times = max(1, tokens // size)
        streams = chain.from_iterable(measured.stream(messages) for _ in range(times))
        return _cpu(lambda: _drain(streams)) / times / size

    return _grown(sizes, cost, 1e6)


def growing_history(name: str, url: str, *, sizes: list[int], calls: int) -> Figures:
    """CPU milliseconds for each call, by the messages that it sends."""
    measured = subject(name, url)
    measured.call(measured.conversation(1))

    def cost(size: int) -> float:
        messages = measured.conversation(size)
        return _cpu(lambda: [measured.call(messages) for _ in range(calls)]) / calls

    return _grown(sizes, cost, 1e3)


def _grown(sizes: list[int], cost: Callable[[int], float], scale: float) -> Figures:
    """Costs by size; sizes beyond one that took very long are left out."""
    figures: Figures = {}
    for size in sizes:
        start = time.process_time()
        figures[str(size)] = cost(size) * scale
        if time.process_time() - start > _ENOUGH:
            break
    return figures


def many_calls(name: str, url: str, *, calls: int, rounds: int) -> Figures:
    """Wall seconds and CPU milliseconds for a number of calls at once, and the memory they take."""
    measured = subject(name, url)
    messages = measured.conversation(1)

    async def together(number: int) -> float:
        start = time.perf_counter()
        await asyncio.gather(*(measured.acall(messages) for _ in range(number)))
        return time.perf_counter() - start

    asyncio.run(together(2))
    before = _resident()
    walls, cpus = [], []
    for _ in range(rounds):
        start = time.process_time()
        walls.append(asyncio.run(together(calls)))
        cpus.append((time.process_time() - start) / calls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall_s": median(walls), "ms": median(cpus) * 1e3, "mib": peak - before}


def _resident() -> float:
    """Memory of this process now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def many_streams(name: str, url: str, *, streams: int, tokens: int) -> Figures:
    """Tokens per second of streams at once, and how long the event loop lets others wait.

    The wait is CPU time: what the process does while a task sleeps for 5 ms.
    """
    measured = subject(name, url)
    messages = measured.conversation(1)
    lags: list[float] = []

    async def heartbeat() -> None:
        while True:
            start = time.process_time()
            await asyncio.sleep(0.005)
            lags.append(time.process_time() - start)

    async def one() -> None:
        async for _ in measured.astream(messages):
            pass

    async def together() -> float:
        await one()
        beating = asyncio.create_task(heartbeat())
        start = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(streams)))
        beating.cancel()
        return time.perf_counter() - start

    wall = asyncio.run(together())
    return {"tokens_per_s": streams * tokens / wall, "lag_ms": median(lags) * 1e3}


def first_token(name: str, url: str, *, streams: int) -> Figures:
    """Wall milliseconds from the server's write of the first token to the user's having it."""
    measured = subject(name, url)
    messages = measured.conversation(1)
    waits = []
    for _ in range(streams + 2):
        chunks = measured.stream(messages)
        sent = next(text for text in chunks if text)
        waits.append(time.monotonic_ns() - int(sent))
        _drain(chunks)
    return {"ms": median(waits[2:]) / 1e6}


def many_threads(name: str, url: str, *, threads: int, calls: int, rounds: int) -> Figures:
    """CPU milliseconds for each call where threads make them, and wall seconds for all."""
    measured = subject(name, url)
    batch = [measured.conversation(1)] * calls
    measured.batch(batch[:threads], threads)
    walls, cpus = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        cpus.append(_cpu(lambda: measured.batch(batch, threads)))
        walls.append(time.perf_counter() - start)
    return {"ms": median(cpus) / calls * 1e3, "wall_s": median(walls)}


def embedded_texts(name: str, url: str, *, texts: int, rounds: int) -> Figures:
    """CPU milliseconds for 1,000 vectors; wall seconds for all, and the memory they take."""
    embed = EMBEDDERS[name](url)
    embed(["warm"] * 2)
    given = [f"text number {number}" for number in range(texts)]
    before = _resident()
    walls, cpus = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        cpus.append(_cpu(lambda: embed(given)))
        walls.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": median(cpus) / texts * 1e6, "wall_s": median(walls), "mib": peak - before}
