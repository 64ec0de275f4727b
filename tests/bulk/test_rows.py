"""What a row may be, and which rows are refused, with the line that they stand in."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ramclouds import ConfigurationError, bulk
from tests.bulk.conftest import lines_of
from tests.gateway import Gateway
from tests.harness import each_row

HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("row", "settings", "sent"),
    [
        ("Hi", {}, {"messages": HI}),
        ({"prompt": "Hi", "custom_id": "a", "label": "x"}, {}, {"messages": HI}),
        ({"prompt": "Hi", "temperature": 0.5, "model": "glm-4.6"}, {"temperature": 1},
         {"messages": HI, "temperature": 0.5, "model": "glm-4.6"}),
        (HI, {"seed": 7}, {"messages": HI, "seed": 7}),
        ({"messages": HI, "max_completion_tokens": 5}, {"max_tokens": 9},
         {"messages": HI, "max_completion_tokens": 5}),
        ({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions",
          "body": {"messages": HI, "stream": True, "own_field": 1, "tools": None}},
         {"extra_body": {"other": 2}}, {"messages": HI, "own_field": 1, "other": 2}),
        ({"text": "i", "n": 5}, {"prompt": "H{text}"}, {"messages": HI}),
        ("i", {"prompt": "H{any}"}, {"messages": HI}),
        ({"n": 5, "of": {"\u00e9": [1]}}, {"prompt": "{n} {of}"},
         {"messages": [{"role": "user", "content": '5 {"\u00e9": [1]}'}]}),
        ({"messages": [{"role": "user", "content": "\ud83d"}]}, {},
         {"messages": [{"role": "user", "content": "\ufffd"}]}),
    ],
)  # fmt: skip
def test_row_as_it_is_sent(
    row: Any, settings: dict[str, Any], sent: Any, gateway: Gateway, client: Any, out: Path
) -> None:
    report = bulk.run([row], **{"model": "gpt-5", "client": client, "out": out, **settings})
    assert (report.answered, report.failed) == (1, 0)
    assert gateway.bodies == [{"model": "gpt-5", **sent}]


def test_rows_as_they_are_embedded(settings: Any, gateway: Gateway) -> None:
    settings["model"] = "text-embedding-3-small"
    line = {"url": "/v1/embeddings", "body": {"input": "e", "own_field": 1}}
    rows = ["a", {"input": "b", "label": "x"}, {"prompt": "c", "dimensions": 8}, line]
    assert bulk.embed(rows, **settings, user="ann").answered == 4
    # Only texts with the same settings go out together.
    common = {"model": "text-embedding-3-small", "user": "ann"}
    bodies = sorted(gateway.bodies, key=lambda body: str(body["input"]))
    assert [{**common, **one} for one in (
        {"input": ["a", "b"]}, {"input": ["c"], "dimensions": 8}, {"input": ["e"], "own_field": 1},
    )] == [{name: one for name, one in body.items() if name != "encoding_format"}
           for body in bodies]  # fmt: skip
    bulk.embed([{"word": "t"}], **settings, prompt="ca{word}")
    assert gateway.bodies[-1]["input"] == ["cat"]


def test_text_file_that_is_open_gives_its_rows(settings: Any, gateway: Gateway) -> None:
    bulk.run(io.StringIO('\ufeff"Hi"\n'), **settings)
    assert [body["messages"] for body in gateway.bodies] == [HI]


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("a.jsonl", '\ufeff{"custom_id": "a", "prompt": "Hi"}\r\n\r\n"Ho"\r\n'.encode(), {}),
        ("a.ndjson", b'{"custom_id": "a", "body": {"messages": "Hi"}}\n"Ho"'.replace(
            b'"Hi"', json.dumps(HI).encode()), {}),
        ("a.csv", '\ufeffcustom_id,user,prompt\na,"x, y",Hi\n,z,Ho\n'.encode(), {}),
        ("a.csv", b"custom_id;word\r\na;i\r\n;o\r\n", {"prompt": "H{word}"}),
        ("a.TSV", b"custom_id\tword\na\ti\n\to\n", {"prompt": "H{word}"}),
    ],
)  # fmt: skip
def test_file_gives_its_rows(
    name: str, content: bytes, settings: Any, tmp_path: Path, gateway: Gateway, client: Any
) -> None:
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.jsonl"
    bulk.run(str(tmp_path / name), model="gpt-5", client=client, out=out, **settings)
    assert {line["custom_id"] for line in lines_of(out)} > {"a"}
    texts = sorted(body["messages"][0]["content"] for body in gateway.bodies)
    assert texts == ["Hi", "Ho"]
    assert all(body.keys() == {"model", "messages"} for body in gateway.bodies)


def test_parquet_file_gives_its_rows(tmp_path: Path, settings: Any, gateway: Gateway) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"text": ["i", "o"], "seed": [1, 2], "messages": [None, None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    bulk.run(tmp_path / "a.parquet", **settings, prompt="H{text}")
    assert sorted(body["messages"][0]["content"] for body in gateway.bodies) == ["Hi", "Ho"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'"Hi"\n{"prompt": \n', "Line 2 is no JSON"),
        ("a.jsonl", b'"Hi"\n\xff\n', "Line 2 is not UTF-8"),
        ("a.jsonl", b'{"prompt": "Hi", "temperature": NaN}', "Line 1 is no JSON"),
        ("a.jsonl", b'"Hi"\n\n7\n', "Line 3 is no text and no object: 7"),
        ("a.jsonl", b'{"text": "Hi"}', "Line 1 has no prompt, messages or body, but 'text'"),
        ("a.jsonl", b'{"prompt": ""}', "Line 1 has an empty prompt"),
        ("a.jsonl", b'{"prompt": "Hi", "temperature": 9}', "Line 1 cannot be asked: temperature"),
        ("a.jsonl", b'{"messages": [{"role": "me", "content": ""}]}', "Line 1 cannot be asked"),
        ("a.jsonl", b'{"body": {"messages": 7}}', "Line 1 cannot be asked: messages must be"),
        ("a.jsonl", b'{"body": "Hi"}', "Line 1 has a body that is no object"),
        ("a.jsonl", b'{"body": {}, "url": "/v1/embeddings"}', "Line 1 asks for POST /v1/emb"),
        ("a.jsonl", b'{"custom_id": "a", "prompt": "Hi"}\n' * 2, "Line 2 has the custom_id 'a'"),
        ("a.jsonl", b'{"custom_id": [], "prompt": "Hi"}', r"Line 1 has the custom_id \[\]"),
        ("a.jsonl", b"[" * 9000 + b"]" * 9000, "Line 1 is no JSON"),
        ("a.csv", b"prompt\nHi,Ho\n", "Line 2 has more fields than the header"),
        ("a.csv", b"prompt,x\nHi\n", "Line 2 has fewer fields than the header"),
        ("a.csv", b"prompt\nHi\n\xff\n", "Line 3 is not UTF-8"),
        ("a.csv", "prompt,n\nHi,1\n".encode("utf-16"), "Line 1 is not UTF-8"),
        ("a.parquet", b"no table", "is no Parquet file"),
        ("a.jsonl", None, "There is no file"),
    ],
)  # fmt: skip
def test_bad_file_is_an_error_before_anything_is_sent(
    name: str, content: bytes | None, message: str, tmp_path: Path, settings: Any, gateway: Gateway
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        bulk.run(tmp_path / name, **settings)
    assert gateway.requests == []


def test_rows_of_a_file_in_another_encoding_are_left_out(
    tmp_path: Path, settings: Any, gateway: Gateway
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("prompt\nHi\n", encoding="utf-16")
    assert bulk.run(path, **settings, skip_bad=True).failed == 1
    assert gateway.requests == []


@each_row(
    ("rows", "changed", "message"),
    [
        (7, {}, "Rows must be a list"),
        ({"prompt": "Hi"}, {}, "Rows must be a list"),
        (["Hi"], {"out": None}, "out must be the path of a file"),
        (["Hi"], {"prompt": "{a"}, "template"),
        (["Hi"], {"prompt": "{}"}, "a pair of braces is empty"),
        (["Hi"], {"prompt": "{a.b!r}"}, "has a format behind it"),
        (["Hi"], {"prompt": "Hi"}, "names no column"),
        (["Hi"], {"prompt": "{a} {b}"}, "Row 1 is a text, but the template has several columns"),
        ([{"a": 1}], {"prompt": "{b}"}, "Row 1 has no column 'b'; it has a"),
        ([{"a": None}], {"prompt": "{a}"}, "Row 1 has nothing in its column 'a'"),
        ([7], {"prompt": "{a}"}, "Row 1 is no object: 7. A template needs columns"),
        ([{"prompt": "Hi", "user": object()}], {}, "Row 1 cannot be written as JSON"),
        ([{"prompt": "Hi", "user": {1: 2, "a": 3}}], {}, "Row 1 holds what JSON has no form for"),
        ([{"prompt": "Hi", "seed": float("nan")}], {}, "Row 1 cannot be written as JSON"),
        (["Hi"], {"model": None}, "Row 1 has no model"),
        (["Hi"], {"max_in_flight": 0}, "max_in_flight"),
        (["Hi"], {"max_tokens_total": 0}, "max_tokens_total"),
        (["Hi"], {"temperature": 9}, "temperature"),
        (["Hi"], {"client": object()}, "client must be an AsyncClient"),
        (["Hi"], {"invoke": print}, "client has no effect beside invoke"),
        (["Hi"], {"invoke": "chain", "client": None}, "invoke must be a Runnable"),
    ],
)  # fmt: skip
def test_bad_setting_is_an_error_before_anything_is_sent(
    rows: Any, changed: Any, message: str, settings: Any, gateway: Gateway
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        bulk.run(rows, **{**settings, **changed})
    assert gateway.requests == []


def test_text_to_embed_is_asked_for_by_its_names(settings: Any) -> None:
    with pytest.raises(ConfigurationError, match="Row 1 has no input or body, but 'text'"):
        bulk.embed([{"text": "Hi"}], **settings)


def test_parquet_file_without_pyarrow_says_what_to_install(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.pq").write_bytes(b"PAR1")
    with pytest.raises(ConfigurationError, match=r"needs pyarrow. Install it: pip install .ramcl"):
        bulk.run(tmp_path / "a.pq", **settings)


def test_unknown_setting_is_a_type_error(settings: Any) -> None:
    with pytest.raises(TypeError, match="Unknown argument 'temprature'"):
        bulk.run(["Hi"], **settings, temprature=1)


def test_rows_without_a_name_get_the_hash_of_their_body_and_its_count(settings: Any) -> None:
    bulk.run(["Hi", "Hi", "Ho"], **settings)
    names = [line["custom_id"].partition("-") for line in lines_of(settings["out"])]
    assert sorted(count for _, _, count in names) == ["1", "1", "2"]
    assert len({name for name, *_ in names}) == 2


def test_hash_of_a_row_stays_as_it_was(settings: Any, out: Path) -> None:
    # Another hash, and all rows of an older file would be asked and paid for again.
    line = {"body": {"model": "m", "messages": HI, "own": {"2": 1e300, "10": [True, None]}}}
    rows = ["H\u00e9llo \U0001f600\n", {"custom_id": 7, "prompt": "\ud800", "max_tokens": 9}, line]
    bulk.run(rows, **settings, max_completion_tokens=5, extra_body={"b": 1, "a": 0.1})
    bulk.run([{"b": (1, 2.0), "a": date(2026, 1, 2)}], invoke=str, out=out)
    assert {line["custom_id"]: line["key"] for line in lines_of(out)} == {
        "dc315f19447cc781f0f01a079ea214cb-1": "db9c8957992b308f6277a740ea69a95e",
        "7": "daa285ae48c1cf3f439281d44f499a87",
        "11e2b435209c949546795a3331d9db4d-1": "db99875cc74abfd1d25f12b4d251cc97",
        "ac0b8beb9db31cc4890496d98eb5c0d6-1": "2e27905b07196bb2458f345fe93949a4",
    }


def test_generator_is_read_until_its_bad_row(settings: Any, gateway: Gateway) -> None:
    rows = (row for row in ["Hi", "Ho", 7, "never"])
    with pytest.raises(ConfigurationError, match="Row 3 is no text"):
        bulk.run(rows, **settings)
    assert len(lines_of(settings["out"])) == len(gateway.requests) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/fd")
def test_pipe_is_read_once(settings: Any, out: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b'"Hi"\n"Ho"\n')
    os.close(writing)
    # As a shell writes `<(command)`.
    assert bulk.run(f"/dev/fd/{reading}", **settings).answered == 2
    os.close(reading)


def test_bad_rows_are_left_out_where_asked(settings: Any, out: Path) -> None:
    report = bulk.run(["Hi", 7, {"prompt": "Ho", "n": 0}], **settings, skip_bad=True)
    assert (report.answered, report.failed, report.bad, report.exit_code) == (1, 2, 2, 1)
    assert report.errors is not None
    messages = [line["error"]["message"] for line in lines_of(report.errors)]
    assert [message[:5] for message in messages] == ["Row 2", "Row 3"]
    assert bulk.run(["Hi"], **settings).errors is None
    assert not out.with_name("answers.errors.jsonl").exists()


async def test_bad_lines_are_left_out_of_a_stream(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'"Hi"\n{\n"Ho"\n')
    stream = bulk.stream(tmp_path / "a.jsonl", model="gpt-5", client=client, skip_bad=True)
    assert [result.is_answered async for result in stream] == [True, True]
