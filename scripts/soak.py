"""Many calls and streams with faults and poison: `python -m scripts.soak [SCALE]`, 1.0 for all.

Each request says which fault its response is to have, so the client knows what must come of it: its
own text, or an error where a fault allows one. Anything else is counted as wrong or lost.
"""

from __future__ import annotations

import asyncio
import gc
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ramclouds import AsyncClient, Client, RamCloudsError

CALLS, STREAMS, LATE, CANCELS, INTERRUPTS = 25_000, 5_000, 1_000, 2_000, 9_000
WORKERS = 16
FAULTS = ("drop", "half", "reset", "broken", "refused")
POISON = ("poison", "late_408", "late_close", "informational")


# The clients.


def _request(number: int, share: float = 0.05) -> tuple[str, str, dict[str, Any]]:
    """One request of many: a share of them has a fault, and as many have poison."""
    fault, chance = "none", random.random()
    if chance < 2 * share:
        fault = random.choice(FAULTS if chance < share else POISON)
    name = f"t{number}"
    return name, fault, {"model": "m", "messages": [{"role": "user", "content": f"{name} {fault}"}]}


def _count(name: str, fault: str, found: str | Exception, counts: Counter[str]) -> None:
    if isinstance(found, str):
        counts["right" if found == name and fault not in FAULTS else "WRONG"] += 1
    elif fault in FAULTS and isinstance(found, RamCloudsError):
        counts["faults"] += 1
    else:
        counts["LOST"] += 1
        print(f"  lost: {fault}: {found!r}"[:200])


def _sync_soak(client: Client, calls: int, streams: int) -> Counter[str]:
    counts: Counter[str] = Counter()

    def one(number: int) -> None:
        name, fault, request = _request(number)
        try:
            if number < calls:
                _count(name, fault, client.complete(**request).text, counts)
            else:
                text = "".join(part.text for part in client.stream(**request))
                _count(name, fault, text, counts)
        except Exception as exc:  # noqa: BLE001  it is counted
            _count(name, fault, exc, counts)

    numbers = iter(range(calls + streams))

    def work() -> None:
        while (number := next(numbers, None)) is not None:
            one(number)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


async def _async_soak(client: AsyncClient, calls: int, streams: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    numbers = iter(range(calls + streams))

    async def work() -> None:
        for number in numbers:
            name, fault, request = _request(number)
            try:
                if number < calls:
                    found = (await client.complete(**request)).text
                else:
                    found = "".join([part.text async for part in client.stream(**request)])
                _count(name, fault, found, counts)
            except Exception as exc:  # noqa: BLE001  it is counted
                _count(name, fault, exc, counts)

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    return counts


async def _poisoned_late(client: AsyncClient, times: int) -> Counter[str]:
    """Calls one after the other: poison comes on an idle connection, never beside a request."""
    counts: Counter[str] = Counter()
    for number in range(times):
        name, _, request = _request(number, share=0)
        for fault in ("late_poison", "none"):
            request["messages"][0]["content"] = f"{name} {fault}"
            _count(name, fault, (await client.complete(**request)).text, counts)
            await asyncio.sleep(0.004)
    return counts


async def _cancelled(client: AsyncClient, times: int) -> Counter[str]:
    """Calls and streams that are cancelled at random moments, on any event loop."""
    import anyio

    counts: Counter[str] = Counter()
    for number in range(times):
        name, _, request = _request(number, share=0)
        request["messages"][0]["content"] = f"{name} slow"
        with anyio.move_on_after(random.uniform(0, 0.006)) as scope:
            if number % 2:
                assert (await client.complete(**request)).text == name
            else:
                stream = client.stream(**request)
                try:
                    assert "".join([part.text async for part in stream]) == name
                finally:
                    with anyio.CancelScope(shield=True):
                        await stream.aclose()
        counts["cancelled" if scope.cancelled_caught else "right"] += 1
    name, _, request = _request(times, share=0)
    assert (await client.complete(**request)).text == name
    pools = [found[0]._direct._pool for found in client._pools._pools.values()]  # type: ignore[attr-defined]
    counts["BUSY"] = sum(len(pool._busy) for pool in pools)
    return counts


class _Interrupt(BaseException):
    pass


def _interrupted(client: Client, times: int) -> Counter[str]:
    """Calls that a signal interrupts at random moments."""
    counts: Counter[str] = Counter()

    def interrupt(*_: object) -> None:
        raise _Interrupt

    signal.signal(signal.SIGALRM, interrupt)
    for number in range(times):
        name, _, request = _request(number, share=0)
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 2e-3))
            if number % 2:
                assert client.complete(**request).text == name
            else:
                assert "".join(part.text for part in client.stream(**request)) == name
            signal.setitimer(signal.ITIMER_REAL, 0)
            counts["right"] += 1
        except _Interrupt:
            counts["interrupted"] += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    name, _, request = _request(times, share=0)
    assert client.complete(**request).text == name
    gc.collect()
    pool: Any = client._pool
    counts["BUSY"] = len(pool._direct._pool._busy)
    return counts


# What is left behind.


def _files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def _measured(title: str, run: Run, scale: float) -> bool:
    run(min(scale, 0.1))
    gc.collect()
    files, memory, start = _files(), _resident(), time.perf_counter()
    counts = run(scale)
    gc.collect()
    left, grown = _files() - files, _resident() - memory
    is_good = not (counts["WRONG"] or counts["LOST"] or counts["BUSY"] or left > 0 or grown > 5)
    shown = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
    print(
        f"{title}: {shown}; files {left:+d}, memory {grown:+.1f} MB, "
        f"{time.perf_counter() - start:.0f} s: {'good' if is_good else 'BAD'}",
        flush=True,
    )
    return is_good


def main() -> None:
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    random.seed(7)
    command = [sys.executable, "-m", "scripts.soak_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base_url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        good = [_measured(*one, scale) for one in _subjects(base_url)]
        server.kill()
    sys.exit(not all(good))


Run = Callable[[float], Counter[str]]


def _subjects(base_url: str) -> list[tuple[str, Run]]:
    settings: dict[str, Any] = {"api_key": "soak", "base_url": base_url, "max_retries": 0}
    return [*_of_threads(settings), *_of_loops(settings)]


def _of_threads(settings: dict[str, Any]) -> Iterator[tuple[str, Run]]:
    def sync(scale: float) -> Counter[str]:
        with Client(**settings) as client:
            return _sync_soak(client, int(CALLS * scale), int(STREAMS * scale))

    def interrupts(scale: float) -> Counter[str]:
        with Client(**settings) as client:
            return _interrupted(client, int(INTERRUPTS * scale))

    yield "threads", sync
    yield "interrupts", interrupts


def _of_loops(settings: dict[str, Any]) -> Iterator[tuple[str, Run]]:
    async def soak(scale: float) -> Counter[str]:
        async with AsyncClient(**settings) as client:
            return await _async_soak(client, int(CALLS * scale), int(STREAMS * scale))

    async def late(scale: float) -> Counter[str]:
        async with AsyncClient(**settings) as client:
            return await _poisoned_late(client, int(LATE * scale))

    async def cancels(scale: float) -> Counter[str]:
        async with AsyncClient(**settings) as client:
            return await _cancelled(client, int(CANCELS * scale))

    def on(run: Any, work: Callable[[float], Coroutine[Any, Any, Counter[str]]]) -> Run:
        return lambda scale: run(work(scale))

    runners: dict[str, Callable[[Coroutine[Any, Any, Any]], Any]] = {"asyncio": asyncio.run}
    with suppress(ImportError):
        import uvloop

        runners["uvloop"] = uvloop.run
    for name, run in runners.items():
        yield name, on(run, soak)
        yield f"late poison, {name}", on(run, late)
        yield f"cancels, {name}", on(run, cancels)
    with suppress(ImportError):
        import trio

        yield "cancels, trio", lambda scale: trio.run(cancels, scale)


if __name__ == "__main__":
    main()
