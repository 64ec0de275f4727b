"""Every example runs on its own, on a real model, on the gateway, and without luck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ramclouds.local import LocalServer
from tests.gateway import Gate, Gateway, Sse, text_chunks

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["langchain_chain", "langchain_agent", "llama_index_rag", "llama_index_agent"]
UNREACHABLE = "http://127.0.0.1:9/v1"


def command(name: str, folder: Path = EXAMPLES) -> list[str]:
    # Shown, like all that Python shows by default, on a stderr that has to stay empty. Not errors:
    # LlamaIndex's agents look at attributes of theirs that pydantic has deprecated.
    return [sys.executable, "-W", "always::ResourceWarning", str(folder / f"{name}.py")]


def environment(**settings: str) -> dict[str, str]:
    """Settings beside what a process needs, and none of the person's who runs the tests."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("RAMCLOUDS_")}
    return {**kept, **{f"RAMCLOUDS_{name}": text for name, text in settings.items()}}


def run(name: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name), env=environment(**settings), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("langchain_chain", ""),
        ("llama_index_rag", "\nSource: bicycle-chain.txt, score "),
        ("langchain_agent", "[get_weather answered: "),
        ("llama_index_agent", "[get_weather answered: "),
    ],
)
def test_a_copy_of_the_example_runs_on_the_gateway(
    name: str, shown: str, gateway: Gateway, tmp_path: Path
) -> None:
    copy = shutil.copytree(EXAMPLES, tmp_path / "mine")
    settings = environment(API_KEY="test-key", BASE_URL=gateway.base_url, MODEL="glm-4.7")

    ran = subprocess.run(
        command(name, copy), env=settings, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"on glm-4.7 at RamClouds ({gateway.base_url})" in ran.stdout.splitlines()[0]
    assert shown in ran.stdout
    assert "did not call" not in ran.stdout
    assert {(body["model"], body["stream"]) for body in gateway.bodies} == {("glm-4.7", True)}


def test_rag_sends_what_it_retrieved(gateway: Gateway) -> None:
    run("llama_index_rag", API_KEY="test-key", BASE_URL=gateway.base_url)

    assert "every 200 kilometres" in str(gateway.last.json["messages"])


@pytest.mark.parametrize("name", ["langchain_agent", "llama_index_agent"])
def test_agent_says_so_when_the_model_does_not_call(name: str, gateway: Gateway) -> None:
    gateway.reply(Sse(text_chunks("It is always sunny there.")))

    ran = run(name, API_KEY="test-key", BASE_URL=gateway.base_url)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("sunny there.\n(The model did not call the tool.)\n")


@pytest.mark.parametrize("name", NAMES)
def test_text_is_shown_as_it_comes(name: str, gateway: Gateway) -> None:
    first, *rest = text_chunks("Early late.")
    gate = Gate()
    gateway.reply(Sse([first, rest[0], gate, *rest[1:]]))

    with subprocess.Popen(
        command(name),
        env=environment(API_KEY="test-key", BASE_URL=gateway.base_url),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        shown = b""
        while b"Early" not in shown:
            byte = process.stdout.read(1)
            assert byte, shown
            shown += byte
        assert not gate.is_open
        gate.open()
        assert b"late." in process.stdout.read()


@pytest.mark.parametrize("name", NAMES)
def test_example_is_short_enough_to_copy(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) <= 40


def assert_one_clear_line(ran: subprocess.CompletedProcess[str], beginning: str) -> None:
    *warned, line = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert line.startswith(beginning)
    # LlamaIndex is told the context window of a model that nobody knows.
    assert [other for other in warned if not other.startswith("Nothing is known about")] == []


@pytest.mark.parametrize("name", NAMES)
def test_wrong_key_is_one_clear_line(name: str, gateway: Gateway) -> None:
    gateway.model.keys = {"another-key"}

    ran = run(name, API_KEY="test-key", BASE_URL=gateway.base_url)

    assert_one_clear_line(ran, "AuthenticationError: ")
    assert "RAMCLOUDS_API_KEY" in ran.stderr


@pytest.mark.parametrize("name", ["langchain_chain", "llama_index_rag"])
def test_unknown_model_is_one_clear_line(name: str, gateway: Gateway) -> None:
    ran = run(name, API_KEY="test-key", BASE_URL=gateway.base_url, MODEL="no-such-model")

    assert_one_clear_line(ran, "ModelUnavailableError: ")
    assert "no-such-model" in ran.stderr


@pytest.mark.parametrize("name", ["langchain_agent", "llama_index_agent"])
def test_unreachable_host_is_one_clear_line(name: str) -> None:
    ran = run(name, API_KEY="test-key", BASE_URL=UNREACHABLE)

    assert_one_clear_line(ran, "APIConnectionError: ")
    assert UNREACHABLE in ran.stderr


@pytest.mark.parametrize("name", ["langchain_chain", "llama_index_agent"])
def test_neither_key_nor_model_is_one_clear_line(name: str) -> None:
    ran = run(name, LOCAL_MODEL="/no/such.gguf")

    assert_one_clear_line(ran, "ConfigurationError: RAMCLOUDS_LOCAL_MODEL is '/no/such.gguf'")


def test_wrong_key_for_the_local_model_is_one_clear_line() -> None:
    with LocalServer() as server:
        ran = run("langchain_chain", API_KEY="wrong-key", BASE_URL=server.base_url)

    assert_one_clear_line(ran, "AuthenticationError: ")


@pytest.mark.timeout(300)
def test_demo_runs_all_examples_on_the_local_model() -> None:
    ran = run("demo")

    lines = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert lines[0] == (
        "This demo talks to a local model, SmolLM2-135M-Instruct.Q4_1, as RAMCLOUDS_API_KEY is not "
        "set. It is very small: expect real tokens, but poor answers."
    )
    assert [line for line in lines if line.startswith("=== ")] == [
        "=== examples/langchain_chain.py",
        "=== examples/llama_index_rag.py",
        "=== examples/langchain_agent.py",
        "=== examples/llama_index_agent.py",
    ]
    assert "Source: bicycle-chain.txt, score " in ran.stdout
    # Both agents call their tool, and use its result.
    answers = ran.stdout.split("[get_weather answered: Hanoi: sunny, 31 degrees Celsius.]\n")[1:]
    assert [("31 degrees" in answer, "[get_weather" in answer) for answer in answers] == [
        (True, False),
        (True, False),
    ]


def test_demo_with_a_key_talks_to_ramclouds_and_ends_at_the_first_failure(gateway: Gateway) -> None:
    gateway.model.keys = {"another-key"}

    ran = run("demo", API_KEY="test-key", BASE_URL=gateway.base_url)

    assert_one_clear_line(ran, "AuthenticationError: ")
    assert ran.stdout.splitlines()[:3] == [
        f"This demo talks to RamClouds ({gateway.base_url}): RAMCLOUDS_API_KEY is set.",
        "",
        "=== examples/langchain_chain.py",
    ]


def test_demo_without_a_model_is_one_clear_line() -> None:
    ran = run("demo", LOCAL_MODEL="/no/such.gguf")

    assert_one_clear_line(ran, "ConfigurationError: ")
