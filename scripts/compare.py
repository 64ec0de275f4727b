"""Compares two recordings of the same tests: which requests changed, and which statuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scripts.recorded import load, server_of


def differences(before: Path, after: Path) -> Iterator[str]:
    """A line for each cassette that changed."""
    old, new = server_of(before).cassettes, server_of(after).cassettes
    yield from (f"{name}: only in {before}" for name in sorted(old - new))
    yield from (f"{name}: only in {after}" for name in sorted(new - old))
    for name in sorted(old & new):
        was, now = load(before / f"{name}.yaml"), load(after / f"{name}.yaml")
        if [one.sent for one in was] != [one.sent for one in now]:
            yield f"{name}: other requests"
        elif [one.status for one in was] != [one.status for one in now]:
            yield f"{name}: other statuses"
