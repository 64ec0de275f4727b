"""The life of the local server."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ramclouds import APIConnectionError, Client, ConfigurationError
from ramclouds.local import LocalServer, _model_file, _server

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_a_real_model_answers_a_request(local_server: LocalServer) -> None:
    with Client(api_key=local_server.api_key, base_url=local_server.base_url) as client:
        completion = client.complete(
            model=local_server.model, messages=MESSAGES, max_tokens=8, temperature=0
        )

    assert completion.text
    assert completion.usage is not None
    assert completion.usage.completion_tokens <= 8


@pytest.mark.usefixtures("local_server")
def test_real_models_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """Else each process of the tests would start one: xdist knows them by this end."""
    if request.config.getoption("loadgroup", default=False):
        assert request.node.nodeid.endswith("@model")


def test_a_real_model_streams_its_answer(local_server: LocalServer) -> None:
    with Client(api_key=local_server.api_key, base_url=local_server.base_url) as client:
        chunks = list(
            client.stream(model=local_server.model, messages=MESSAGES, max_tokens=8, temperature=0)
        )

    assert len([chunk for chunk in chunks if chunk.text]) > 1
    assert chunks[-1].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 8


def test_second_server_has_port_key_and_model_of_its_own_until_its_block_ends(
    local_server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.gguf"
    path.symlink_to(_model_file.model_file(None))
    monkeypatch.setenv("RAMCLOUDS_LOCAL_MODEL", str(path))

    with LocalServer(alias="tiny", n_ctx=512, parallel=1, threads=1) as server:
        client = Client(api_key=server.api_key, base_url=server.base_url, max_retries=0)
        completion = client.complete(model=server.model, messages=MESSAGES, max_tokens=1)
        assert server.base_url != local_server.base_url

    assert server.api_key != local_server.api_key
    assert (server.model, completion.model) == ("tiny", "tiny")
    with pytest.raises(APIConnectionError):
        client.models()
    client.close()


def test_environment_names_another_model_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.gguf"
    path.touch()
    monkeypatch.setenv("RAMCLOUDS_LOCAL_MODEL", str(path))

    assert LocalServer().model == "mine"


def test_base_url_of_a_stopped_server_says_so() -> None:
    server = LocalServer()

    with pytest.raises(ConfigurationError, match="not running"):
        _ = server.base_url


def test_argument_beats_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.gguf"
    path.touch()
    monkeypatch.setenv("RAMCLOUDS_LOCAL_MODEL", "/not/this.gguf")

    assert LocalServer(path).model == "mine"


def test_wrong_path_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAMCLOUDS_LOCAL_MODEL", "/no/such.gguf")

    with pytest.raises(ConfigurationError) as caught:
        LocalServer()

    assert str(caught.value) == (
        "RAMCLOUDS_LOCAL_MODEL is '/no/such.gguf', which is not a file. Name a GGUF file, or "
        "leave it out for the one of `python -m ramclouds.local fetch`."
    )


def test_missing_model_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"python -m ramclouds\.local fetch"):
        LocalServer()


def test_missing_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_model_file, "_RUNTIME_PACKAGE", "not_installed_package")

    with pytest.raises(ConfigurationError, match=r'pip install "ramclouds\[local\]"'):
        LocalServer()


@pytest.mark.real_model
def test_error_about_a_file_that_is_no_model_quotes_the_server(tmp_path: Path) -> None:
    path = tmp_path / "notes.gguf"
    path.write_text("These are notes.")

    with pytest.raises(ConfigurationError, match=r"its process ended.*expected 'GGUF'"):
        LocalServer(path).__enter__()


@pytest.mark.real_model
def test_error_about_a_cut_model_file_quotes_the_server(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with _model_file.model_file(None).open("rb") as whole:
        path.write_bytes(whole.read(3_000_000))

    with pytest.raises(ConfigurationError, match="corrupted or incomplete"):
        LocalServer(path).__enter__()


def test_process_that_cannot_run_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server, "_SERVE", Path("/no/such/file.py"))

    with pytest.raises(ConfigurationError, match="No such file or directory"):
        LocalServer().__enter__()


def test_server_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent.py"
    silent.write_text("import sys; sys.stdin.read()")
    monkeypatch.setattr(_server, "_SERVE", silent)

    with pytest.raises(ConfigurationError, match=r"no answer within 0\.05 s"):
        LocalServer(start_timeout=0.05).__enter__()


PARENT = """
import os, socket, sys
from urllib.parse import urlsplit
from ramclouds.local import LocalServer

server = LocalServer().__enter__()
if sys.argv[1:] and os.fork() == 0:
    # Holds the server's pipe open for as long as the server lives.
    url = urlsplit(server.base_url)
    socket.create_connection((url.hostname, url.port), timeout=60).recv(1)
    os._exit(0)
print(server.base_url, flush=True)
sys.stdin.readline()
os.abort()
"""


def crash(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")


@pytest.mark.real_model
@pytest.mark.parametrize(("arguments", "end"), [((), crash), (("forks",), subprocess.Popen.kill)])
def test_the_server_ends_with_its_parent(
    arguments: tuple[str, ...], end: Callable[[subprocess.Popen[str]], None]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    ) as parent:
        assert_server_ends_with(parent, end)


def assert_server_ends_with(
    parent: subprocess.Popen[str], end: Callable[[subprocess.Popen[str]], None]
) -> None:
    assert parent.stdout is not None
    url = urlsplit(parent.stdout.readline().strip())
    connection = http.client.HTTPConnection(url.hostname or "", url.port)
    connection.request("GET", "/health")
    connection.getresponse().read()

    end(parent)
    parent.wait()

    # The end of the server's process ends the connection.
    assert connection.sock.recv(1) == b""
    connection.close()
