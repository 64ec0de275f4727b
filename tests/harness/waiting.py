"""Checks that wait, all at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

from tests.gateway import Gateway
from tests.gateway.responses import Response
from tests.harness.calls import Calls
from tests.harness.twins import Twin


def at_once(*checks: Callable[[], object]) -> None:
    """Runs each check in a thread of its own, and raises what the first of them raises.

    So the waits of all take no longer than the longest one.
    """
    with ThreadPoolExecutor(len(checks)) as pool:
        for done in [pool.submit(check) for check in checks]:
            done.result()


@contextmanager
def alone(kind: type[Twin], *answers: Response, **settings: Any) -> Iterator[tuple[Gateway, Calls]]:
    """A gateway with these answers, and a client, for one check among others at once."""
    with Gateway() as gateway, closing(kind()) as twin:
        gateway.reply(*answers)
        with closing(Calls(twin, base_url=gateway.base_url, **settings)) as calls:
            yield gateway, calls
