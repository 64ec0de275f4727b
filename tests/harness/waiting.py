"""Checks that wait, all at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def at_once(*checks: Callable[[], object]) -> None:
    """Runs each check in a thread of its own, and raises what the first of them raises.

    Each has a gateway and a client of its own: the waits take no longer than the longest one.
    """
    with ThreadPoolExecutor(len(checks)) as pool:
        for done in [pool.submit(check) for check in checks]:
            done.result()
