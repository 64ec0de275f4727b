"""Cassettes instead of a server: which there are, how they match, and that all of them is used.

`CASSETTES` names the folder of one server to replay, or with `--record-mode=once` to record into;
`scripts/record.py` sets it. Without it, all folders of `cassettes/` are replayed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.recorded import Interaction, Server, interactions_of, server_of, servers
from tests.replay import readable

# Nobody answers there: what is not in the cassette fails.
NOWHERE = "https://gateway.invalid/v1"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Replay a test with each server that has a cassette for it; record it with the one asked."""
    if "server" not in metafunc.fixturenames:
        return
    name = cassette_of(metafunc.module.__name__, metafunc.function.__name__)
    recording = metafunc.config.getoption("--record-mode") not in (None, "none")
    asked = [one for one in _asked() if recording or name in one.cassettes]
    metafunc.parametrize("server", asked, ids=[one.folder.name for one in asked], scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no server has a cassette for; its README says why."""
    left_out = [item for item in items if _has_no_cassette(item)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _has_no_cassette(item: pytest.Item) -> bool:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if "server" not in params or isinstance(params["server"], Server):
        return False
    return Path(__file__).parent in item.path.parents


def _asked() -> list[Server]:
    folder = os.environ.get("CASSETTES")
    return [server_of(Path(folder))] if folder else servers()


def cassette_of(module: str, function: str) -> str:
    """`package/name` of the cassette that belongs to a test."""
    return f"{module.rpartition('.test_')[2]}/{function.removeprefix('test_')}"


@pytest.fixture
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    if "server" not in request.fixturenames:
        return ""
    server: Server = request.getfixturevalue("server")
    package = cassette_of(request.module.__name__, request.function.__name__).partition("/")[0]
    return str(server.folder / package)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    # One for all variants: sync and async send the same, or the second one fails.
    return cassette_of(request.module.__name__, request.function.__name__).partition("/")[2]


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    return {
        "match_on": ["method", "path", "body"],
        "before_record_request": readable.kept_request,
        "before_record_response": readable.kept_response,
        "decode_compressed_response": True,
    }


def pytest_recording_configure(config: Any, vcr: Any) -> None:
    """Write cassettes for people to read."""
    vcr.register_serializer("yaml", readable)


@pytest.fixture
def recorded(vcr: Any, record_mode: str) -> Iterator[list[Interaction]]:
    """The cassette's interactions; those of a replay must all be used."""
    interactions: list[Interaction] = _Recorded(vcr)
    yield interactions
    if vcr.rewound:
        assert vcr.all_played, "some of the cassette is not asked for"


class _Recorded(list[Interaction]):
    """Looked up when asked for: while recording, they come with the test's calls."""

    def __init__(self, vcr: Any) -> None:
        self._vcr = vcr

    def __getitem__(self, place: Any) -> Any:
        return interactions_of(self._vcr.requests, self._vcr.responses)[place]

    def __len__(self) -> int:
        return len(self._vcr)


@pytest.fixture
def settings(server: Server, record_mode: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How a client is made: for the server while recording, for nobody in a replay."""
    if record_mode == "none":
        monkeypatch.delenv("RAMCLOUDS_BASE_URL", raising=False)
        return {"api_key": "test-key", "base_url": NOWHERE, "max_retries": 0}
    return {
        "api_key": os.environ["RAMCLOUDS_API_KEY"],
        "base_url": os.environ["RAMCLOUDS_BASE_URL"],
        "max_retries": 0,
    }
