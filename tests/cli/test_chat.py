"""`ramclouds chat` in a terminal, and in a pipe."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from ramclouds import Client, ConfigurationError
from ramclouds.cli._amounts import dollars
from ramclouds.cli._conversation import Conversation, image_part
from ramclouds.cli._screen import Screen, whole_blocks
from ramclouds.cli._session import Session
from ramclouds.prices import UsageMeter
from tests.cli.account import AccountGateway, error, refusing
from tests.cli.conftest import KEY, Run
from tests.gateway import Gateway, Json, Sse, Stall, chunk, text_chunks

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal.", allow_module_level=True)

from tests.cli.terminal import CTRL_C, CTRL_D, UP, Terminal
from tests.harness import each_row

CHATS = "/v1/chat/completions"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def env(account: AccountGateway, gateway: Gateway, tmp_path: Path) -> Mapping[str, str]:
    return {
        "RAMCLOUDS_API_KEY": KEY,
        "RAMCLOUDS_BASE_URL": gateway.base_url,
        "RAMCLOUDS_MODEL": "gpt-5",
        "XDG_STATE_HOME": str(tmp_path),
    }


def chats(gateway: Gateway) -> list[list[dict[str, object]]]:
    return [one.json["messages"] for one in gateway.requests if one.path == CHATS]


def test_question_of_a_script_is_answered_in_plain_text(run: Run, gateway: Gateway) -> None:
    gateway.reply(Sse(text_chunks("**Hello** you")))
    result = run("chat", "Say", "hello", "-s", "Be brief.", "-m", "glm-4.7", stdin="")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "**Hello** you\n", "")
    assert gateway.last.json["model"] == "glm-4.7"
    assert chats(gateway) == [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello"}]
    ]


def test_piped_text_goes_with_the_question(run: Run, gateway: Gateway) -> None:
    assert run("chat", "Sum up:", stdin="one\ntwo\n").exit_code == 0
    assert run("chat", stdin="alone\n").exit_code == 0
    asked = [messages[0]["content"] for messages in chats(gateway)]
    assert asked == ["Sum up:\n\none\ntwo", "alone"]


def test_nothing_to_ask_is_an_error(run: Run) -> None:
    result = run("chat", stdin=" \n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing to ask" in result.stderr


def test_input_that_is_no_text_is_an_error(run: Run) -> None:
    result = run("chat", "Look:", stdin=b"\xff\xfe\x00")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no text in utf-8. Send pictures with --image" in result.stderr


def test_answer_that_was_cut_off_is_noted_beside_the_text(run: Run, gateway: Gateway) -> None:
    gateway.reply(Sse(text_chunks("Half", finish_reason="length")))
    result = run("chat", "Hi", stdin="")
    assert (result.stdout, result.stderr) == ("Half\n", "The answer was ended by length.\n")


def test_error_after_a_part_of_an_answer(run: Run, gateway: Gateway) -> None:
    gateway.reply(Sse([*text_chunks("Half")[:-2]], done=False))
    result = run("chat", "Hi", stdin="")
    assert (result.exit_code, result.stdout.strip()) == (1, "Half")
    assert result.stderr.startswith("Error: The stream ended before")


def test_images_go_with_the_question(run: Run, gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    path.write_bytes(PNG)
    url = "https://pictures.test/x.jpg"
    assert run("chat", "What?", "--image", str(path), "--image", url, stdin="").exit_code == 0
    parts = chats(gateway)[0][0]["content"]
    assert parts == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "What?"},
    ]


@pytest.mark.parametrize(
    ("given", "words"), [("none.png", "cannot be read"), ("a.txt", "no image")]
)
def test_image_that_is_none(given: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        image_part(given)


BLOCKS = {
    "One\n\nTwo": "One\n\n",
    "One\n\n": "",
    "One\nTwo": "",
    "One\n\nTwo\n\nThree": "One\n\nTwo\n\n",
    "```\na\n\nb": "",
    "```\na\n\nb\n```\n\nEnd": "```\na\n\nb\n```\n\n",
    "1. a\n\n   more": "",
    "1. a\n\n2. b": "1. a\n\n",
}


@each_row("text", BLOCKS)
def test_blocks_that_are_whole_are_shown_once(text: str) -> None:
    assert text[: whole_blocks(text)] == BLOCKS[text]


@each_row(
    ("cost", "shown"),
    [(None, ""), (0.0, ", $0.0000"), (0.00004, ", less than $0.0001"), (1.5, ", $1.5000")],
)
def test_cost_is_shown_where_it_is_known(cost: float | None, shown: str) -> None:
    assert dollars(cost) == shown


pty = pytest.mark.process


@pty
def test_session_in_a_terminal(
    gateway: Gateway, account: AccountGateway, env: Mapping[str, str], tmp_path: Path
) -> None:
    first = [
        chunk({"role": "assistant", "content": "", "reasoning_content": "Let me think."}),
        *text_chunks("# Title\n\nSome **bold** text\x1b[2J.\n\n- item"),
    ]
    gateway.reply(Json({"data": []}, 404), Sse(first), Sse(text_chunks("Second")))
    with Terminal("chat", "-s", "Be brief.", env=env) as terminal:
        terminal.until("> ")
        terminal.type("Hi\n")
        shown = terminal.until("tokens in")
        assert "**" not in shown
        assert [
            word for word in ("Let me think.", "Title", "bold", "item") if word not in shown
        ] == []
        assert "\x1b[2mLet me think." in terminal.raw
        assert "\x1b[2J" not in terminal.raw
        terminal.until("> ")
        terminal.type("/model glm-4.7\nand then\\\nmore\n")
        terminal.until("The model is glm-4.7.")
        terminal.until("Second")
        terminal.until("> ")
        terminal.type("/nothing\n")
        terminal.until("There is no command /nothing.")
        terminal.until("> ")
        account.part = refusing(CHATS, error("No available channel", "model_not_found", 503))
        terminal.type("Hello?\n")
        assert "No available channel." in terminal.until("> ")
        assert "Traceback" not in terminal.raw
        terminal.type(CTRL_D)
        terminal.until("In all ")
        assert terminal.code() == 0
    assert KEY[3:] not in terminal.raw
    system = {"role": "system", "content": "Be brief."}
    asked = chats(gateway)
    assert gateway.last.json["model"] == "glm-4.7"
    assert asked[2][:-1] == [*asked[1], {"role": "assistant", "content": "Second"}]
    assert [one["content"] for one in asked[1]] == [
        system["content"],
        "Hi",
        "# Title\n\nSome **bold** text\x1b[2J.\n\n- item",
        "and then\nmore",
    ]
    kept = tmp_path / "ramclouds" / "history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "Hi" in kept.read_text().splitlines()


@pty
def test_ctrl_c_stops_an_answer_and_the_session_goes_on(
    gateway: Gateway, env: Mapping[str, str]
) -> None:
    begun = chunk({"role": "assistant", "content": "Half of it"})
    gateway.reply(Json({}, 404), Sse([begun, Stall()]), Sse(text_chunks("Again")))
    with Terminal("chat", env=env) as terminal:
        terminal.until("> ")
        terminal.type("First\n")
        terminal.until("Half of it")
        terminal.type(CTRL_C)
        terminal.until("Stopped.")
        terminal.until("> ")
        terminal.type(f"{UP}\n")
        terminal.until("Again")
        terminal.until("> ")
        terminal.type("/exit\n")
        assert terminal.code() == 0
    assert chats(gateway)[1:] == [[{"role": "user", "content": "First"}]]


@pytest.fixture
def type_in(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gateway: Gateway,
    tmp_path: Path,
) -> Callable[..., str]:
    """Types lines into a session, and presses keys; what it shows until Ctrl-D."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def session(*typed: str | type[BaseException]) -> str:
        left = [*typed, EOFError]

        def read(_: str) -> str:
            line = left.pop(0)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", read)
        with Client(api_key="test-key", base_url=gateway.base_url) as client:
            Session(Conversation(client, "gpt-5"), UsageMeter(), Screen()).run()
        assert left == []
        return capsys.readouterr().out

    return session


def test_ctrl_c_at_the_prompt_drops_the_line_and_ctrl_d_leaves(type_in: Callable[..., str]) -> None:
    assert "The model is gpt-5." in type_in("half \\", KeyboardInterrupt, "/model")


def test_commands_of_a_session(type_in: Callable[..., str], gateway: Gateway) -> None:
    url = "https://pictures.test/x.jpg"
    cut = text_chunks("Half", finish_reason="length", usage=None)
    gateway.reply(Sse(cut), Sse(text_chunks("", reasoning="Hm.")))
    shown = type_in(
        "/system Be brief.", f"/image {url}", "Look", "/image none.png",
        "/model glm-4.7", f"/image {url}", "/clear", "/system", "", "Hi",
    )  # fmt: skip
    noted = [
        "The system message is set.",
        "Images that go with the next question: 1.",
        "gpt-5.1 · ended by length",
        "The image none.png cannot be read: No such file or directory.",
        "Images that go with the next question: 1, but glm-4.7 takes none.",
        "The conversation is forgotten.",
        "There is no system message.",
        "Hm.",
    ]
    assert [line for line in map(str.strip, shown.splitlines()) if line in noted] == noted
    picture = {"type": "image_url", "image_url": {"url": url}}
    assert chats(gateway) == [
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [picture, {"type": "text", "text": "Look"}]},
        ],
        [{"role": "user", "content": "Hi"}],
    ]


def test_dumb_terminal_shows_plain_text_without_controls(
    gateway: Gateway, type_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "is_dumb_terminal", True)
    gateway.reply(Sse(text_chunks("**Hello**\x1b[2J\n")))
    assert "\n**Hello**[2J\ngpt-5.1 · 12 tokens in" in type_in("Hi")


@pty
def test_doctor_in_a_terminal_is_coloured_and_fits(env: Mapping[str, str]) -> None:
    with Terminal("doctor", env=env) as terminal:
        assert terminal.code() == 0
    lines = terminal.text.splitlines()
    assert lines[-1] == "All is well."
    assert max(map(len, lines)) <= 80
    assert "\x1b[32mok" in terminal.raw
    assert KEY[3:] not in terminal.raw


@pty
def test_question_in_a_terminal_is_asked_once(gateway: Gateway, env: Mapping[str, str]) -> None:
    gateway.reply(Sse(text_chunks("**Hello**")))
    with Terminal("chat", "Hi", env=env) as terminal:
        assert terminal.code() == 0
    *_, text, used = (line.strip() for line in terminal.text.splitlines())
    assert (text, "12 tokens in, 4 out" in used) == ("Hello", True)
    assert json.dumps(chats(gateway)) == '[[{"role": "user", "content": "Hi"}]]'
