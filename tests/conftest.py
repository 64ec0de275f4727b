"""Fixtures of all layers."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import settings

from ramclouds.local import LocalServer
from tests.gateway import Gateway
from tests.harness import TWINS, Twin, forget_gateways

# No test measures time: on a busy machine any example can take long.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

pytest_plugins = ["tests.canary", "tests.layers", "tests.spread"]

# Some tests collect garbage: that took 0.1 s each where reports and late imports had piled up.
_TESTS_BETWEEN_FREEZES = 50
_tests = count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "each_twin: runs with the sync and the async `twin`")
    # Modules are kept, and a look at each object of both frameworks takes seconds: see below.
    gc.disable()
    # Else pytest-asyncio's first look at the current loop makes one, which nobody closes.
    asyncio.set_event_loop(None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked so with each twin."""
    if "twin" in metafunc.fixturenames and metafunc.definition.get_closest_marker("each_twin"):
        metafunc.parametrize("twin", list(TWINS), indirect=True)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through both frameworks again and again.

    It took a sixth of the run.
    """
    _freeze()
    gc.enable()


def _freeze() -> None:
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    """Forget what this process learned of gateways: another test's may have had the same port."""
    if next(_tests) % _TESTS_BETWEEN_FREEZES == 0:
        _freeze()
    forget_gateways()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Iterator[None]:
    """Show the collector everything: hypothesis asks it who refers to trio's randomness.

    Then no more: pytest and Python look for garbage again as they end, which took three seconds.
    """
    gc.collect()
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway on loopback."""
    with Gateway() as running:
        yield running


@pytest.fixture
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    """Calls sync methods, or async ones where the test is marked with `EACH_TWIN`."""
    made = TWINS[getattr(request, "param", "sync")]()
    yield made
    made.close()


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer]:
    """A small model in llama.cpp, started once: its tests run in one process.

    With one thread it takes less of the processors, which run other tests.
    """
    with LocalServer(threads=1) as running:
        yield running
