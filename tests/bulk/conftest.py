"""Fixtures of bulk runs: a client for the gateway on loopback, and files to write to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ramclouds import AsyncClient
from tests.gateway import Gateway


@pytest.fixture
def client(gateway: Gateway) -> AsyncClient:
    return AsyncClient(api_key="test-key", base_url=gateway.base_url, max_retries=0)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


@pytest.fixture
def settings(client: AsyncClient, out: Path) -> dict[str, Any]:
    """What most runs are called with."""
    return {"model": "gpt-5", "client": client, "out": out}


@pytest.fixture
def asked(gateway: Gateway) -> Callable[[], list[str]]:
    """Gives the prompts that have come in since it was called last, sorted."""
    seen = 0

    def since() -> list[str]:
        nonlocal seen
        bodies, seen = gateway.bodies[seen:], len(gateway.bodies)
        return sorted(body["messages"][-1]["content"] for body in bodies)

    return since


def lines_of(path: Path) -> list[Any]:
    """The lines of a file of JSONL."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
