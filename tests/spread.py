"""How xdist spreads the tests over its processes, with `--dist loadgroup`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

_WAITING = {"test_cut_answers.py", "test_pace.py", "test_timeouts.py", "test_tls.py"}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    yield
    if not config.getoption("loadgroup", default=False):
        return
    # The longest first, so that all processes end together. xdist begins with the largest group.
    items.sort(key=lambda item: not item.get_closest_marker("process"))
    items[:] = _with_those_that_wait_between(items)
    # In one process, one after the other: two models at once fight over the cores.
    # xdist knows a group by the end of an id. It writes the name of the mark `xdist_group` into
    # `_nodeid`, which pytest 9.2 no longer reads.
    # https://github.com/pytest-dev/pytest-xdist/blob/v3.8.0/src/xdist/remote.py
    for item in items:
        if item.get_closest_marker("real_model"):
            named: Any = item
            named._id = type(named.id).parse(f"{item.nodeid}@model")


def _with_those_that_wait_between(items: list[pytest.Item]) -> list[pytest.Item]:
    """Tests that wait leave the processors to others, so no two of them run side by side."""
    waiting = [item for item in items if item.path.name in _WAITING]
    others = [item for item in items if item.path.name not in _WAITING]
    # None is the last: the other processes would wait for it.
    apart = max(1, len(others) // (len(waiting) + 10))
    order: list[pytest.Item] = []
    for start in range(0, len(others), apart):
        order += others[start : start + apart]
        order += waiting[start // apart : start // apart + 1]
    return order + waiting[-(-len(others) // apart) :]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """After each test xdist 3.8 counts those that are left among all that it ever gave out.

    https://github.com/pytest-dev/pytest-xdist/blob/v3.8.0/src/xdist/scheduler/loadscope.py
    """
    from xdist.scheduler import LoadGroupScheduling

    class Forgetful(LoadGroupScheduling):
        def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
            super().mark_test_complete(node, item_index, duration)
            given = self.assigned_work[node]
            for scope in [scope for scope, tests in given.items() if all(tests.values())]:
                del given[scope]

    return Forgetful(config, log) if config.getoption("dist") == "loadgroup" else None
