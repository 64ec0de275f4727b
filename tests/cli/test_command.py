"""The command as a whole: help, errors in one line, and what is loaded for it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from ramclouds import __version__
from ramclouds.cli import main
from tests.cli.account import AccountGateway, error, refusing
from tests.cli.conftest import Run
from tests.gateway import Gateway, Json, Sse, text_chunks
from tests.packaging.fresh import loaded_by

# `--help` in docs/cli.md is checked with the other pages, in tests/packaging/docs.


def test_error_is_one_line_with_a_hint(run: Run, account: AccountGateway) -> None:
    account.part = refusing("/v1/models", error("Invalid token", status=401))
    result = run("models")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: Invalid token. The key is unknown, disabled, expired")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.filterwarnings("default")
def test_warning_is_one_line(run: Run) -> None:
    # A name that is too long is asked of no server.
    url = f"http://{64 * 'a'}.test/v1"
    warned, failed = run("balance", "--base-url", url).stderr.splitlines()
    assert warned.startswith(f"Warning: base_url {url} is plain http: ")
    assert failed.startswith("Error: ")


def test_control_characters_of_a_gateway_do_not_reach_the_terminal(
    run: Run, account: AccountGateway
) -> None:
    account.part = refusing("/v1/models", error("\x1b]0;mine\x07\x1b[2J", status=400))
    assert "\x1b" not in run("models", color=True).output


@pytest.mark.parametrize("arguments", [["models"], ["balance"], ["chat", "Hi"]])
def test_missing_key(run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.delenv("RAMCLOUDS_API_KEY")
    result = run(*arguments, stdin="")
    assert result.exit_code == 1
    assert "Get a key at https://ramclouds.me." in result.stderr
    assert "api_key=" not in result.stderr
    assert ("--local" in result.stderr) is (arguments[0] == "chat")


def test_output_that_cannot_encode_a_letter(
    monkeypatch: pytest.MonkeyPatch, account: AccountGateway, run: Run
) -> None:
    account.gateway.reply(Sse(text_chunks("Tiếng Việt")))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "cp1252"))
    assert main(["chat", "Hi"]) == 0
    assert written.getvalue() == rb"Ti\u1ebfng Vi\u1ec7t"


@pytest.mark.process
def test_reader_that_leaves_early_is_no_error(account: AccountGateway, run: Run) -> None:
    listed = Json({"data": [{"id": f"model-{at:0300}"} for at in range(500)], "object": "list"})
    account.part = refusing("/v1/models", listed)
    run_piped = [sys.executable, "-m", "ramclouds", "models"]
    with subprocess.Popen(run_piped, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full, on Linux")
def test_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        run_written = [sys.executable, "-m", "ramclouds", "--help"]
        done = subprocess.run(run_written, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: Cannot write the output: No space left on device.\n"


def test_key_is_no_argument(run: Run) -> None:
    assert run("models", "--api-key", "x").exit_code == 2


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["--help"]) == 1
    assert capsys.readouterr().err == (
        f'The command ramclouds needs {missing}. Install the extra: pip install "ramclouds[cli]"\n'
    )


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["--nothing"], 2)])
def test_main_gives_the_exit_code(arguments: list[str], code: int) -> None:
    assert main(arguments) == code


@pytest.mark.process
def test_module_is_the_command_too() -> None:
    arguments = [sys.executable, "-m", "ramclouds", "--version"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout == f"ramclouds {__version__}\n"


@pytest.mark.process
def test_help_loads_no_http_library_and_no_rich() -> None:
    loaded = loaded_by("from ramclouds.cli import main\nmain(['--help'])")
    assert "click" in loaded
    assert not loaded & {"httpx", "httpcore", "anyio", "rich", "langchain_core", "llama_index"}


def test_batch_is_bulk_with_its_arguments_and_exit_codes(
    run: Run, gateway: Gateway, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    assert run("batch", str(rows), "--out", str(out), "--model", "gpt-5").exit_code == 0
    assert '"status_code":200' in out.read_text().replace(" ", "")
    rows.write_text("{")
    assert run("batch", str(rows), "--out", str(out)).exit_code == 3
    helped = run("batch", "--help")
    assert (helped.exit_code, helped.stdout[:22]) == (0, "usage: ramclouds batch")
