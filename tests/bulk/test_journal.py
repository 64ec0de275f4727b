"""The file of results: what a run again reads from it, wherever it was cut."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ramclouds import ConfigurationError, bulk
from ramclouds.bulk._journal import Journal
from ramclouds.bulk._lines import Result
from tests.bulk.conftest import lines_of
from tests.gateway import Gateway, Json, completion, error

ROWS = ["one", "two", "three"]
Asked = Callable[[], list[str]]


def test_line_is_one_of_openais_batch_output_with_a_key(settings: Any, gateway: Gateway) -> None:
    body = completion("Hi", id="c-1")
    gateway.reply(Json(body, headers={"X-Oneapi-Request-Id": "r-1"}))
    bulk.run([{"custom_id": "a", "prompt": "x"}], **settings)
    (line,) = lines_of(settings["out"])
    key = line.pop("key")
    assert line == {
        "id": f"batch_req_{key}",
        "custom_id": "a",
        "response": {"status_code": 200, "request_id": "r-1", "body": body},
        "error": None,
    }


def test_failed_row_is_a_line_with_status_and_error(settings: Any, gateway: Gateway) -> None:
    gateway.reply(Json(error("bad picture", code="invalid_image"), 400))
    report = bulk.run(["x"], **settings)
    (line,) = lines_of(settings["out"])
    assert line["response"]["status_code"] == 400
    assert line["response"]["body"] == error("bad picture", code="invalid_image")
    assert line["error"]["code"] == "invalid_image"
    assert line["error"]["retryable"] is False
    assert report.errors is not None
    assert lines_of(report.errors) == [line]


def test_run_again_asks_what_is_missing_or_changed(settings: Any, asked: Asked) -> None:
    bulk.run(ROWS, **settings)
    assert asked() == sorted(ROWS)
    report = bulk.run([*ROWS, "four"], **settings)
    assert (report.answered, report.skipped, asked()) == (1, 3, ["four"])
    other = {**settings, "model": "glm-4.6"}
    report = bulk.run(ROWS, **other)
    assert (report.answered, asked()) == (3, sorted(ROWS))
    # Of a row that was asked twice, the last answer counts, and no longer the first one.
    assert {result.body["model"] for result in bulk.read(settings["out"])} == {"glm-4.6", "gpt-5"}
    assert len(list(bulk.read(settings["out"]))) == 4
    assert bulk.run(ROWS, **settings).answered == 3


def test_order_of_fields_makes_no_other_row(settings: Any) -> None:
    row = {"prompt": "Hi", "seed": 1, "metadata": {"a": "b", "c": "d"}}
    bulk.run([row], **settings)
    turned = {"metadata": {"c": "d", "a": "b"}, "seed": 1, "prompt": "Hi"}
    assert bulk.run([turned], **settings).skipped == 1


@pytest.mark.parametrize(
    ("status", "is_asked_again"), [(400, False), (429, True), (503, True), (401, True)]
)
def test_run_again_asks_what_may_pass(
    status: int, is_asked_again: bool, settings: Any, gateway: Gateway, asked: Asked
) -> None:
    gateway.reply(Json(error("no"), status))
    bulk.run(["x"], **settings)
    assert asked() == ["x"]
    report = bulk.run(["x"], **settings)
    assert asked() == (["x"] if is_asked_again else [])
    assert (report.answered, report.failed) == (is_asked_again, not is_asked_again)
    assert (report.errors is None) is is_asked_again
    report = bulk.run(["x"], **settings, retry_failed=True)
    assert report.answered + report.skipped == 1


def test_file_that_is_cut_anywhere_gives_whole_lines_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    results = [Result(str(number), f"k{number}", body={"n": [number]}) for number in range(2)]
    with closing(Journal(out)) as journal:
        for result in results:
            journal.append(result)
    whole = out.read_bytes()
    ends = [end + 1 for end, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        out.write_bytes(whole[:cut])
        # A line is whole without its line end too.
        count = sum(end - 1 <= cut for end in ends)
        with closing(Journal(out)) as journal:
            assert list(journal.entries) == ["0", "1"][:count]
            journal.append(Result("new", "key", body="é"))
        assert [found.body for found in bulk.read(out)] == [
            *(result.body for result in results[:count]),
            "é",
        ]


def test_block_of_zeros_and_foreign_lines_are_passed_over(settings: Any, asked: Asked) -> None:
    bulk.run(ROWS, **settings)
    lines = settings["out"].read_bytes().splitlines(keepends=True)
    odd = b'{"key": 7}\n[]\n\xff\n{"response": 7, "error": 1, "key": "", "custom_id": ""}\n'
    settings["out"].write_bytes(lines[0] + b"\0" * 200 + b"\n" + lines[2] + odd)
    asked()
    assert bulk.run(ROWS, **settings).answered == len(asked()) == 1
    assert len(list(bulk.read(settings["out"]))) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"my diary\n", "was not written by a bulk run"),
        (b'{"id": "batch_req_1", "custom_id": "a"}\n', "was not written by a bulk run"),
        ("folder", "is no file"),
        ("missing", "There is no folder"),
        ("long", "cannot be written: File name too long"),
        ("input", "is the input too"),
    ],
)
def test_file_that_is_no_journal_is_left_alone(
    content: Any, message: str, tmp_path: Path, settings: Any, gateway: Gateway
) -> None:
    out = tmp_path / "x" if content == "missing" else tmp_path
    out = out if content == "folder" else out / ("x" * 999 if content == "long" else "rows.jsonl")
    if isinstance(content, bytes) or content == "input":
        out.write_bytes(b'"Hi"\n' if content == "input" else content)
    rows = out if content == "input" else ["Hi"]
    with pytest.raises(ConfigurationError, match=message):
        bulk.run(rows, **{**settings, "out": out})
    if isinstance(content, bytes):
        assert out.read_bytes() == content
    assert gateway.requests == []


def test_file_of_errors_is_not_taken_from_its_owner(
    settings: Any, out: Path, gateway: Gateway
) -> None:
    errors = out.with_name("answers.errors.jsonl")
    errors.write_bytes(b'"Hi"\n')
    for rows, message in ((errors, "is the input too"), (["Hi"], "was not written by a bulk run")):
        with pytest.raises(ConfigurationError, match=message):
            bulk.run(rows, **settings)
    assert errors.read_bytes() == b'"Hi"\n'
    assert gateway.requests == []


def test_file_has_one_writer(settings: Any, out: Path) -> None:
    with closing(Journal(out)), pytest.raises(ConfigurationError, match="Another run writes to"):
        bulk.run(ROWS, **settings)
    assert bulk.run(ROWS, **settings).answered == 3


def test_run_goes_on_where_a_file_has_no_locks(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert bulk.run(ROWS, **settings).answered == 3
    assert "cannot be locked ([Errno 37] No locks available)" in caplog.text


def test_run_goes_on_where_the_file_of_errors_cannot_be_written(
    settings: Any, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    errors = settings["out"].with_name("answers.errors.jsonl")

    def answer(request: Any) -> Json:
        errors.mkdir(exist_ok=True)
        return Json(error("no"), 400)

    gateway.handler = answer
    assert bulk.run(ROWS, **settings).failed == 3
    assert "answers.errors.jsonl cannot be written" in caplog.text
    with pytest.raises(ConfigurationError, match=r"errors.jsonl cannot be replaced: Is a dir"):
        bulk.run(ROWS, **settings)


def test_value_that_json_cannot_hold_comes_as_near_as_it_can(out: Path) -> None:
    with closing(Journal(out)) as journal:
        journal.append(Result("a", "a", body=["\ud83d", float("inf")]))
        journal.append(Result("b", "b", body=float("inf")))
    assert [result.body for result in bulk.read(out)] == [["\ud83d", float("inf")], None]


def test_reading_a_file_that_is_missing_says_so(out: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no file"):
        list(bulk.read(out))
