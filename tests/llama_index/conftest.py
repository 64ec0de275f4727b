"""An LLM on the loopback gateway."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import warnings
from collections.abc import Iterator

import pytest

from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, is_documented


@pytest.fixture
def llm(gateway: Gateway) -> Iterator[RamClouds]:
    with RamClouds(
        model="gpt-5", api_key="test-key", base_url=gateway.base_url, max_retries=0
    ) as llm:
        yield llm


@pytest.fixture
def without_function_calling(llm: RamClouds) -> Iterator[RamClouds]:
    """The same LLM, from which agents and programs keep their tools."""
    with llm.model_copy(update={"is_function_calling_model": False}) as copied:
        yield copied


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither key nor URL are in the environment."""
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    monkeypatch.delenv("RAMCLOUDS_BASE_URL", raising=False)


@pytest.fixture
def core_leaves_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collects what core never closes: the database of its memory, the loop of its sync agents."""
    yield
    # The item would hold the LLM, and so the connections in that loop, until after its teardown:
    # the warning of them would then come in the midst of some later test.
    request.node.funcargs.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        if not inspect.iscoroutinefunction(request.function):
            _close_the_loop_of_this_thread()
        gc.collect()


def _close_the_loop_of_this_thread() -> None:
    """Core's sync methods make one, and the next `asyncio.run` anywhere drops it unclosed."""
    with contextlib.suppress(RuntimeError):  # there is none
        asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)


@pytest.fixture
def dropping(gateway: Gateway) -> Gateway:
    """A gateway whose channel drops what is not documented."""
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    return gateway


@pytest.fixture
def documented_only(dropping: Gateway) -> Iterator[None]:
    """Fails where a request holds more than documented fields, roles and string content."""
    yield
    bodies = [request.json for request in dropping.requests]
    assert [body for body in bodies if not is_documented(body)] == []


@pytest.fixture
def prompted_mode(documented_only: None, llm: RamClouds) -> Iterator[RamClouds]:
    """An LLM that asks through the prompt, and is watched."""
    with llm.model_copy(update={"tool_calling": "prompted"}) as copied:
        yield copied
