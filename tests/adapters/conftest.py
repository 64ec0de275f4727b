"""Both models on one gateway, and the four ways to ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from llama_index_ramclouds import RamClouds
from tests.adapters.asking import WAYS, Way
from tests.gateway import Gateway
from tests.langchain.conftest import chat, close_shared_clients
from tests.llama_index.conftest import core_leaves_open

__all__ = ["chat", "close_shared_clients", "core_leaves_open"]


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    """One of the four ways to ask."""
    asked: Way = request.param
    return asked


@pytest.fixture
def llm(gateway: Gateway) -> Iterator[Callable[..., RamClouds]]:
    """Builds a LlamaIndex model that talks to the gateway."""
    with ExitStack() as opened:

        def build(**settings: Any) -> RamClouds:
            defaults = {"model": "gpt-5", "api_key": "test-key", "max_retries": 0}
            built = RamClouds(**{**defaults, "base_url": gateway.base_url, **settings})
            return opened.enter_context(built)

        yield build
