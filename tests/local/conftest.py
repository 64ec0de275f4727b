"""The local model, started once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ramclouds.local import LocalServer


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here reads the settings of the person who runs it."""
    for name in ("API_KEY", "BASE_URL", "MODEL", "LOCAL_MODEL", "USER_AGENT"):
        monkeypatch.delenv(f"RAMCLOUDS_{name}", raising=False)
