"""An LLM on the loopback gateway, and both ways to call it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway
from tests.llama_index_ramclouds.twins import Asynchronous, Synchronous


@pytest.fixture
def llm(gateway: Gateway) -> Iterator[RamClouds]:
    with RamClouds(
        model="gpt-5", api_key="test-key", base_url=gateway.base_url, max_retries=0
    ) as llm:
        yield llm


@pytest.fixture(params=[Synchronous, Asynchronous], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Synchronous | Asynchronous:
    """Both ways to call an LLM, behind the same names."""
    made: Synchronous | Asynchronous = request.param()
    return made


@pytest.fixture
def core_leaves_open() -> Iterator[None]:
    """Collects what core never closes: the database of its memory, the loop of its sync agents."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
