"""`python -m ramclouds.bulk`: its arguments and exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ramclouds.bulk.__main__ import main
from tests.bulk.conftest import lines_of
from tests.gateway import Gateway, Json, error


@pytest.fixture(autouse=True)
def _environment(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text('"Hi"\n"Ho"\n')
    Path("bad.jsonl").write_text('"Hi"\n7\n')
    Path("words.csv").write_text("word\ncat\n")


@pytest.mark.parametrize(
    ("args", "code", "shows"),
    [
        ("rows.jsonl --model gpt-5", 0, "2 answered, 0 failed"),
        ("rows.jsonl --model gpt-5 --progress --max-in-flight 1", 0, "2 answered, 0 failed"),
        ("words.csv --model gpt-5 --prompt {word}", 0, "1 answered, 0 failed"),
        ("rows.jsonl --model text-embedding-3-small --embed", 0, "2 answered, 0 failed"),
        ("bad.jsonl --model gpt-5 --skip-bad", 1, "1 answered, 1 failed"),
        ("rows.jsonl --model gpt-5 --max-tokens-total 1", 2, "stopped by the budget"),
        ("rows.jsonl --model gpt-5 --max-cost 0.00001 --param max_tokens=50", 2, "by the budget"),
        ("bad.jsonl --model gpt-5", 3, "Line 2 is no text and no object"),
        ("none.jsonl --model gpt-5", 3, "There is no file none.jsonl"),
        ("none.jsonl --out rows.jsonl --model gpt-5", 3, "was not written by a bulk run"),
        ("rows.jsonl", 3, "Line 1 has no model"),
        ("rows.jsonl --model gpt-5 --param temperature=9", 3, "temperature"),
        ("rows.jsonl --model gpt-5 --param temprature=1", 3, "Unknown argument"),
        ("rows.jsonl --model gpt-5 --param seed", 3, "has no value"),
        ("rows.jsonl --model gpt-5 --max-cost 1.5.2", 3, "invalid float value"),
    ],
)  # fmt: skip
def test_exit_code_and_report(
    args: str, code: int, shows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = main(["--out", "out.jsonl", *args.split()])
    except SystemExit as exc:
        ended = exc.code  # type: ignore[assignment]
    shown = capsys.readouterr()
    assert shows in shown.err
    assert (ended, shown.out) == (code, "")


def test_ctrl_c_while_the_rows_are_read(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("ramclouds.bulk._sources.from_json", interrupted)
    assert main(["rows.jsonl", "--out", "out.jsonl", "--model", "gpt-5"]) == 130
    assert gateway.requests == []


def test_failed_rows_and_refusals_end_with_1(gateway: Gateway) -> None:
    gateway.handler = lambda request: Json(error("no"), 400)
    assert main(["rows.jsonl", "--out", "out.jsonl", "--model", "gpt-5"]) == 1
    assert len(lines_of(Path("out.errors.jsonl"))) == 2


def test_rows_come_from_stdin_and_parameters_are_sent(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("stdin").write_text('{"prompt": "Hi"}\n')
    args = ["-", "--out", "o", "--model", "gpt-5", "--param", "seed=7", "--param", "user=ann"]
    with Path("stdin").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(args) == 0
    message = {"role": "user", "content": "Hi"}
    assert gateway.bodies == [{"model": "gpt-5", "messages": [message], "seed": 7, "user": "ann"}]
