"""Fixtures of the LangChain adapter's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from langchain_ramclouds import ChatRamClouds
from langchain_ramclouds._connection import CLIENTS
from langchain_ramclouds._fields import DOWNGRADED
from ramclouds import Client
from tests.gateway import Gateway

Chat = Callable[..., ChatRamClouds]


@pytest.fixture
def chat(gateway: Gateway) -> Chat:
    """Builds a model that talks to the gateway."""

    def build(**settings: Any) -> ChatRamClouds:
        defaults = {"model": "gpt-5", "api_key": "test-key", "max_retries": 0}
        return ChatRamClouds(**{**defaults, "base_url": gateway.base_url, **settings})

    return build


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Cassettes match whatever port the server had."""
    return {
        "match_on": ["method", "path", "body"],
        "filter_headers": [("authorization", "PLACEHOLDER")],
        "allow_playback_repeats": True,
        "decode_compressed_response": True,
    }


@pytest.fixture(autouse=True)
def close_shared_clients() -> Iterator[None]:
    """Models share clients, and nothing in LangChain closes a model."""
    yield
    DOWNGRADED.clear()  # another gateway may come up on the same port
    for client in CLIENTS.clear():
        if isinstance(client, Client):
            client.close()
