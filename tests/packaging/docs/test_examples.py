"""Every example runs on its own, on a real model, on the gateway, and without luck."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from ramclouds.local import LocalServer
from tests.gateway import Gate, Gateway, Sse, call, text_chunks, tool_chunks
from tests.gateway.embeddings import embeddings_of
from tests.harness import each_row
from tests.packaging.docs.conftest import Play

# LlamaIndex's agents look at attributes of theirs that pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

EXAMPLES = Path(__file__).parents[3] / "examples"
PARTS = ["langchain_chain", "llama_index_rag"]
AGENTS = ["langchain_agent", "llama_index_agent"]
UNREACHABLE = "http://127.0.0.1:9/v1"
TOOL_ANSWERED = "[get_weather answered: Hanoi: sunny, 31 degrees Celsius.]\n"


def path_of(name: str) -> Path:
    return EXAMPLES / f"{name}.py"


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("langchain_chain", "", "Early late.\n"),
        ("llama_index_rag", "How often", "Early late.\nSource: bicycle-chain.txt, score 0.42\n"),
        ("langchain_agent", TOOL_ANSWERED, "Early late.\n"),
        ("llama_index_agent", TOOL_ANSWERED, "Early late.\n"),
    ],
)
def test_a_copy_of_the_example_shows_text_as_it_comes(
    name: str,
    begins: str,
    ends: str,
    gateway: Gateway,
    play: Play,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copies = shutil.copytree(EXAMPLES, tmp_path / "mine")
    gate = Gate()
    first, early, *late = text_chunks("Early late.")
    if name in AGENTS:
        gateway.reply(Sse(tool_chunks(call("get_weather", {"city": "Hanoi"}))))
    shown_as_it_comes = Sse([first, early, gate, *late])
    gateway.handler = lambda request: (
        embeddings_of(request, ()) if "input" in request.json else shown_as_it_comes
    )
    screen = Screen("Early", gate)
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.chdir(tmp_path)

    settings = {"API_KEY": "test-key", "BASE_URL": gateway.base_url, "MODEL": "glm-4.7"}
    played = play(copies / f"{name}.py", **settings)

    assert played.exit is None
    title, _, rest = screen.getvalue().partition("\n\n")
    assert title.endswith(f" on glm-4.7 at RamClouds ({gateway.base_url})")
    assert rest.startswith(begins)
    assert rest.rstrip("\n").endswith(ends.rstrip("\n"))
    asked = [body for body in gateway.bodies if "messages" in body]
    assert {(body["model"], body["stream"]) for body in asked} == {("glm-4.7", True)}


class Screen(io.StringIO):
    """Standard output that opens a gate as soon as a text is to be seen, and not only written."""

    def __init__(self, text: str, gate: Gate) -> None:
        super().__init__()
        self._text, self._gate = text, gate

    def flush(self) -> None:
        if self._text in self.getvalue():
            self._gate.open()


def test_rag_sends_what_it_retrieved(gateway: Gateway, play: Play) -> None:
    play(path_of("llama_index_rag"), API_KEY="test-key", BASE_URL=gateway.base_url)

    assert "every 200 kilometres" in str(gateway.last.json["messages"])


@pytest.mark.parametrize("name", AGENTS)
def test_agent_says_so_when_the_model_does_not_call(
    name: str, gateway: Gateway, play: Play
) -> None:
    gateway.reply(Sse(text_chunks("It is always sunny there.")))

    played = play(path_of(name), API_KEY="test-key", BASE_URL=gateway.base_url)

    assert played.exit is None
    assert played.stdout.endswith("sunny there.\n(The model did not call the tool.)\n")


@each_row("name", PARTS + AGENTS)
def test_example_is_short_enough_to_copy(name: str) -> None:
    assert len(path_of(name).read_text().splitlines()) <= 40


@pytest.mark.parametrize("name", PARTS + AGENTS)
def test_wrong_key_is_one_clear_line(name: str, gateway: Gateway, play: Play) -> None:
    gateway.model.keys = {"another-key"}

    played = play(path_of(name), API_KEY="test-key", BASE_URL=gateway.base_url)

    assert_one_clear_line(played.exit, "AuthenticationError: ", "RAMCLOUDS_API_KEY")


@pytest.mark.parametrize("name", PARTS + AGENTS)
def test_unknown_model_is_one_clear_line(name: str, gateway: Gateway, play: Play) -> None:
    settings = {"API_KEY": "test-key", "BASE_URL": gateway.base_url, "MODEL": "no-such-model"}

    played = play(path_of(name), **settings)

    assert_one_clear_line(played.exit, "ModelUnavailableError: ", "no-such-model")


@pytest.mark.parametrize("name", AGENTS)
def test_unreachable_host_is_one_clear_line(name: str, play: Play) -> None:
    played = play(path_of(name), API_KEY="test-key", BASE_URL=UNREACHABLE)

    assert_one_clear_line(played.exit, "APIConnectionError: ", UNREACHABLE)


@pytest.mark.parametrize("name", [*PARTS, *AGENTS, "demo"])
def test_neither_key_nor_model_is_one_clear_line(name: str, play: Play) -> None:
    played = play(path_of(name), LOCAL_MODEL="/no/such.gguf")

    assert_one_clear_line(played.exit, "ConfigurationError: ", "RAMCLOUDS_LOCAL_MODEL")


def test_wrong_key_for_the_local_model_is_one_clear_line(
    play: Play, local_server: LocalServer
) -> None:
    url = local_server.base_url
    played = play(path_of("langchain_chain"), API_KEY="wrong-key", BASE_URL=url)

    assert_one_clear_line(played.exit, "AuthenticationError: ", "RAMCLOUDS_API_KEY")


def assert_one_clear_line(end: int | str | None, beginning: str, part: str) -> None:
    assert isinstance(end, str)
    assert end.startswith(beginning)
    assert part in end
    assert "\n" not in end


@pytest.mark.timeout(300)
@pytest.mark.real_model
def test_demo_runs_all_examples_on_the_local_model(play: Play) -> None:
    played = play(path_of("demo"))

    lines = played.stdout.splitlines()
    assert played.exit is None
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
    assert "Source: bicycle-chain.txt, score " in played.stdout
    # Both agents call their tool once, and use its result.
    answers = played.stdout.split(TOOL_ANSWERED)[1:]
    assert [("31 degrees" in answer, "[get_weather" in answer) for answer in answers] == [
        (True, False),
        (True, False),
    ]


def test_demo_with_a_key_talks_to_ramclouds_and_ends_at_the_first_failure(
    gateway: Gateway, play: Play
) -> None:
    gateway.model.keys = {"another-key"}

    played = play(path_of("demo"), API_KEY="test-key", BASE_URL=gateway.base_url)

    assert_one_clear_line(played.exit, "AuthenticationError: ", "API key")
    assert played.stdout.splitlines()[:3] == [
        f"This demo talks to RamClouds ({gateway.base_url}): RAMCLOUDS_API_KEY is set.",
        "",
        "=== examples/langchain_chain.py",
    ]
