"""Captures that are not read as expected yet: each must fail, until it is taken off the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.captures.capture import Capture

NOT_YET: dict[str, str] = {}


def marked(captures: Iterable[Capture], *lists: Mapping[str, str]) -> list[Any]:
    """The captures as parameters; one on a list must fail."""
    reasons: dict[str, str] = {}
    for one in lists:
        reasons |= one
    return [
        pytest.param(
            capture,
            id=capture.name,
            marks=[pytest.mark.xfail(strict=True, reason=reasons[capture.name])]
            if capture.name in reasons
            else [],
        )
        for capture in captures
    ]
