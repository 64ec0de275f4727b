"""Which layer a test belongs to: its folder, or a marker where a folder mixes; counted at the end.

A test of `tests/unit` or `tests/replay` reaches nobody: a connection fails it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

MARKERS = {
    "process": "starts fresh interpreters: imports, installation, scripts",
    "real_model": "talks to a small model in llama.cpp",
    "live": "talks to RamClouds itself; needs RAMCLOUDS_API_KEY",
}
_ROOT = Path(__file__).parent
# RFC 5737: an address that nobody has. An event loop may have its sockets; they reach nobody.
_NOBODY = pytest.mark.allow_hosts("192.0.2.1")
_LAYER = "layer"


def pytest_configure(config: pytest.Config) -> None:
    for name, sees in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {sees}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "local_server" in getattr(item, "fixturenames", ()):
            item.add_marker("real_model")
        folder = item.path.relative_to(_ROOT).parts[0]
        if folder in ("unit", "replay"):
            item.add_marker(_NOBODY)
        marked = (name for name in MARKERS if item.get_closest_marker(name))
        item.user_properties.append((_LAYER, next(marked, folder)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write how many tests of each layer ran, and how long they took together."""
    counts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            layer = dict(getattr(report, "user_properties", ())).get(_LAYER)
            if layer and isinstance(report, pytest.TestReport):
                counts[layer] += report.when == "call"
                seconds[layer] += report.duration
    if counts:
        terminalreporter.section("layers")
    for layer in sorted(counts):
        terminalreporter.write_line(f"{layer:12} {counts[layer]:5} tests {seconds[layer]:7.1f} s")
