"""Settings of the local model's tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here reads the settings of the person who runs it."""
    for name in ("API_KEY", "BASE_URL", "MODEL", "LOCAL_MODEL", "USER_AGENT"):
        monkeypatch.delenv(f"RAMCLOUDS_{name}", raising=False)
