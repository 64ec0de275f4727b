"""How xdist spreads the tests over its processes, with `--dist loadgroup`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

# Files and folders of tests that run in one process, one after the other. xdist begins with the
# largest group.
_GROUPS = {
    # Side by side they would all sleep, and nobody would compute.
    "test_cut_answers.py": "waits",
    "test_pace.py": "waits",
    "test_timeouts.py": "waits",
    "test_tls.py": "waits",
    # What they load, read or build takes half a second in each process.
    "llm": "llm",
    "test_distributions.py": "release",
    "test_layering.py": "sources",
    "test_libraries.py": "sources",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    yield
    if not config.getoption("loadgroup", default=False):
        return
    # The longest first, so that all processes end together.
    items.sort(key=lambda item: not item.get_closest_marker("process"))
    # xdist knows a group by the end of an id. It writes the name of the mark `xdist_group` into
    # `_nodeid`, which pytest 9.2 no longer reads.
    # https://github.com/pytest-dev/pytest-xdist/blob/v3.8.0/src/xdist/remote.py
    for item in items:
        if group := _group_of(item):
            named: Any = item
            named._id = type(named.id).parse(f"{item.nodeid}@{group}")


def _group_of(item: pytest.Item) -> str | None:
    if item.get_closest_marker("real_model"):
        return "model"  # two models at once fight over the cores
    return _GROUPS.get(item.path.name) or _GROUPS.get(item.path.parent.name)


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
