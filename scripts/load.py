"""What limits of the gateway cost, beside the peers: `make load` prints the table.

Each case has a gateway of its own (`scripts/limited.py`) and a process of its own. Lost are calls
that ended in an error, refused the part of all requests that the gateway refused, and used the part
of its rate: the least time possible divided by the time it took.

    python -m scripts.load [--real] [NAME...]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

KINDS = ("retry-after", "json", "x-ratelimit", "empty", "busy", "words")


@dataclass(frozen=True)
class Case:
    """One row: a gateway, its calls, and what is to be reached."""

    server: str
    calls: int = 500
    way: str = "abatch"
    least: float = 9.8
    """Seconds in which the gateway can accept all."""
    used: float = 95.0
    """Percent of the rate, at least."""
    refused: float = 3.0
    """Percent of the requests, at most."""
    processes: int = 1
    pace: str = "process"
    peer: str | None = "ChatOpenAI"


CASES: dict[str, Case] = {
    **{f"50 a second, {kind}": Case(f"--refuse {kind}") for kind in KINDS},
    "50 a second, batch of 64 threads": Case("", way="batch"),
    "50 a second, LlamaIndex": Case("", way="gather", peer="OpenAILike"),
    "sliding window, 60 per 2.4 s": Case("--window 60/2.4", least=19.2, used=85, refused=5),
    "fixed window, 60 per 2.4 s": Case("--window 60/2.4 --fixed", least=19.2, used=85, refused=5),
    "50, then 10, then 50 a second": Case(
        "--rate 0:50,20:10,40:50", 2200, least=59.8, used=93, refused=4, peer=None
    ),
    "20 in flight": Case(
        "--rate 1e6 --burst 1e6 --cap 20 --latency 0.5", least=12.5, used=85, refused=4
    ),
    "two processes": Case("", 1000, least=19.8, used=88, refused=6, processes=2, peer=None),
    "two processes that share": Case(
        "", 1000, least=19.8, used=97, refused=4, processes=2, pace="shared", peer=None
    ),
    "no limit, 1,000 calls of 0.5 s": Case(
        "--rate 1e6 --burst 1e6 --latency 0.5", 1000, least=0.5, used=0, refused=0
    ),
    "no limit, 100 calls of 20 s": Case(
        "--rate 1e6 --burst 1e6 --latency 20", 100, least=20.0, used=90, refused=0, peer=None
    ),
    "interactive during bulk": Case("", way="interactive", used=0, peer=None),
    "800 calls, 225 cancelled": Case(
        "--rate 200", 800, "cancelled", least=0.0, used=0, refused=100, peer=None
    ),
}
REAL = {
    "200 prompts, 50 a minute": Case(
        "--window 50/60 --refuse empty", 200, least=180.0, used=87, refused=5
    )
}


@contextmanager
def _gateway(options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "scripts.limited", *options.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def _stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/stats") as response:
        found: dict[str, Any] = json.load(response)
    return found


def _model(name: str, url: str, pace: str) -> Any:
    settings: dict[str, Any] = {"model": "gpt-5", "base_url": f"{url}/v1", "api_key": "sk-load"}
    ours: dict[str, Any] = {**settings, "pace": pace}
    if name == "ChatOpenAI":
        return import_module("langchain_openai").ChatOpenAI(**settings)
    if name == "OpenAILike":
        settings["api_base"] = settings.pop("base_url")
        peer = import_module("llama_index.llms.openai_like").OpenAILike
        return peer(**settings, is_chat_model=True)
    if name == "RamClouds":
        from llama_index_ramclouds import RamClouds

        return RamClouds(**ours)
    from langchain_ramclouds import ChatRamClouds

    return ChatRamClouds(**ours)


async def _gather(model: Any, prompts: list[str]) -> list[Any]:
    calls = (model.acomplete(prompt) for prompt in prompts)
    return await asyncio.gather(*calls, return_exceptions=True)


async def _interactive(model: Any, prompts: list[str]) -> list[Any]:
    """The longest that a call of a person waits while a bulk run goes on."""
    from ramclouds._pace.lanes import bulk_lane

    with bulk_lane():
        bulk = asyncio.create_task(model.abatch(prompts, return_exceptions=True))
    longest = 0.0
    while not bulk.done():
        start = time.monotonic()
        await model.ainvoke("Hi")
        longest = max(longest, time.monotonic() - start)
        await asyncio.sleep(0.5)
    print(f"  longest wait of an interactive call: {longest:.2f} s", file=sys.stderr)
    results: list[Any] = await bulk
    return results


async def _some_cancelled(model: Any, prompts: list[str], cancelled: int) -> list[Any]:
    tasks = [asyncio.ensure_future(model.ainvoke(prompt)) for prompt in prompts]
    for task in random.sample(tasks, cancelled):
        await asyncio.sleep(random.random() * 0.02)
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [one for one in found if not isinstance(one, asyncio.CancelledError)]


def _cancelled(model: Any, prompts: list[str]) -> list[Any]:
    """Two loops and 40 threads at once; 225 of the calls of the loops are cancelled."""
    part = len(prompts) // 4
    with ThreadPoolExecutor(42) as pool:
        loops = [
            pool.submit(asyncio.run, _some_cancelled(model, prompts[at : at + part], count))
            for at, count in ((0, 113), (part, 112))
        ]
        threads = [pool.submit(model.invoke, prompt) for prompt in prompts[2 * part :]]
        return [one for loop in loops for one in loop.result()] + [
            thread.exception() or thread.result() for thread in threads
        ]


WAYS: dict[str, Callable[[Any, list[str]], list[Any]]] = {
    "abatch": lambda model, prompts: asyncio.run(model.abatch(prompts, return_exceptions=True)),
    "batch": lambda model, prompts: model.batch(
        prompts, {"max_concurrency": 64}, return_exceptions=True
    ),
    "gather": lambda model, prompts: asyncio.run(_gather(model, prompts)),
    "interactive": lambda model, prompts: asyncio.run(_interactive(model, prompts)),
    "cancelled": _cancelled,
}


def _work(url: str, name: str, case: Case) -> None:
    """One process of a case: prints how many calls were lost."""
    prompts = [f"Prompt {number}" for number in range(case.calls // case.processes)]
    start = time.monotonic()
    found = WAYS[case.way](_model(name, url, case.pace), prompts)
    lost = [one for one in found if isinstance(one, BaseException)]
    if lost:
        print(f"  {type(lost[0]).__name__}: {lost[0]}"[:300], file=sys.stderr)
    print(json.dumps({"lost": len(lost), "wall": time.monotonic() - start}))


def _measure(title: str, case: Case, name: str) -> str:
    with _gateway(case.server) as url:
        command = [sys.executable, "-m", "scripts.load", "--work", url, name, title]
        settings = {"stdout": subprocess.PIPE, "text": True, "env": {**os.environ}}
        workers = [
            subprocess.Popen(command, **settings)  # type: ignore[call-overload]
            for _ in range(case.processes)
        ]
        results = [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]
        stats = _stats(url)
    lost = sum(result["lost"] for result in results)
    refused = 100.0 * stats["refused"] / max(stats["accepted"] + stats["refused"], 1)
    used = 100.0 * case.least / max(stats["last"], 0.001) if case.used else None
    wall = max(result["wall"] for result in results)
    is_reached = not lost and refused <= case.refused and (used is None or used >= case.used)
    shown = "-" if used is None or lost else f"{min(used, 100):.0f} %"
    verdict = "" if name in ("ChatOpenAI", "OpenAILike") else "yes" if is_reached else "NO"
    return f"| {title} | {name} | {lost} | {refused:.1f} % | {shown} | {wall:.1f} s | {verdict} |"


def main() -> None:
    """Prints the table, row by row."""
    parser = argparse.ArgumentParser(prog="python -m scripts.load", description=__doc__)
    parser.add_argument("--real", action="store_true", help="also a limit of a minute: 4 minutes")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", help="rows whose title has one of these words")
    args = parser.parse_args()
    if args.work:
        url, name, title = args.work
        _work(url, name, (CASES | REAL)[title])
        return
    print("| gateway | | lost | refused | rate used | time | reached |")
    print("|---|---|--:|--:|--:|--:|---|")
    for title, case in (CASES | REAL if args.real else CASES).items():
        if args.names and not any(name in title for name in args.names):
            continue
        ours = "RamClouds" if case.way == "gather" else "ChatRamClouds"
        for name in (ours, None if args.no_peers else case.peer):
            if name is not None:
                print(_measure(title, case, name), flush=True)


if __name__ == "__main__":
    main()
