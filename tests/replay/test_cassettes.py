"""The committed cassettes as files: each has its test, none holds a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from scripts.check_files import SECRET
from scripts.recorded import Server, servers
from tests.replay.conftest import cassette_of
from tests.replay.readable import KEPT_REQUEST_HEADERS, KEPT_RESPONSE_HEADERS

TESTS = {
    cassette_of(f"tests.replay.{path.stem}", name)
    for path in Path(__file__).parent.glob("test_*ramclouds.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
}
EACH_SERVER = pytest.mark.parametrize("recording", servers(), ids=lambda one: one.folder.name)


def test_local_model_is_recorded() -> None:
    assert "llama.cpp-smollm2" in {server.folder.name for server in servers()}


@EACH_SERVER
def test_each_cassette_has_a_test_and_each_test_a_cassette(recording: Server) -> None:
    assert recording.cassettes | recording.not_recorded.keys() == TESTS
    assert not recording.cassettes & recording.not_recorded.keys()


@EACH_SERVER
def test_folder_says_what_was_recorded(recording: Server) -> None:
    files = {str(path.relative_to(recording.folder)) for path in recording.folder.rglob("*.*")}
    cassettes = {f"{name}.yaml" for name in recording.cassettes}
    assert files == cassettes | {"README.md", "server.json"}
    readme = (recording.folder / "README.md").read_text("utf-8")
    assert recording.model in readme
    assert all(name in readme for name in recording.not_recorded)
    assert re.search(r"Recorded on 20\d\d-\d\d-\d\d with `make record", readme)


@EACH_SERVER
def test_no_cassette_holds_a_secret(recording: Server) -> None:
    for path in recording.folder.glob("*/*.yaml"):
        text = path.read_text("utf-8")
        assert not SECRET.search(text)
        assert "!!binary" not in text


@EACH_SERVER
def test_only_listed_headers_are_kept(recording: Server) -> None:
    for path in recording.folder.glob("*/*.yaml"):
        for interaction in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
            assert set(interaction["request"]["headers"]) <= KEPT_REQUEST_HEADERS
            assert set(interaction["response"]["headers"]) <= KEPT_RESPONSE_HEADERS
