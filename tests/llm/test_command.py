"""The `llm` command on RamClouds' models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gateway import Gateway, Json, Sse, completion, error, text_chunks, usage, vector_of
from tests.llm.conftest import Run

MODEL = "ramclouds/claude-sonnet-4-5"


def test_prompt_uses_the_stored_key_and_is_logged(run: Run, gateway: Gateway) -> None:
    run("logs", "on")
    gateway.reply(
        Json(completion("Paris.", model="claude-sonnet-4-5", usage=usage(7, 2, cached_tokens=3)))
    )

    options = ("-s", "Be brief.", "-o", "temperature", "0.5", "--no-stream")
    done = run("-m", MODEL, *options, "The capital?")

    assert done.output == "Paris.\n"
    assert gateway.last.key == "test-key"
    assert gateway.last.json == {
        "model": "claude-sonnet-4-5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "The capital?"},
        ],
        "temperature": 0.5,
    }
    (logged,) = json.loads(run("logs", "--json").output)
    assert logged["resolved_model"] == "claude-sonnet-4-5"
    assert (logged["input_tokens"], logged["output_tokens"]) == (7, 2)
    assert json.loads(logged["token_details"]) == {"cached_tokens": 3}
    about = logged["response_json"]
    assert (about["finish_reason"], about["cost"] > 0) == ("stop", True)


def test_streamed_reasoning_is_apart_from_the_text(run: Run, gateway: Gateway) -> None:
    run("logs", "on")
    gateway.reply(Sse(text_chunks("Paris.", reasoning="It is known.")))

    done = run("-m", MODEL, "The capital?")

    assert done.stdout == "Paris.\n"
    (logged,) = json.loads(run("logs", "--json").output)
    assert (logged["response"], logged["reasoning"]) == ("Paris.", "It is known.")


def test_conversation_sends_its_history(run: Run, gateway: Gateway) -> None:
    run("logs", "on")
    run("-m", MODEL, "One.")
    run("-c", "Two.")

    roles = [(message["role"], message["content"]) for message in gateway.last.json["messages"]]
    assert roles == [
        ("user", "One."),
        ("assistant", "Hello! You said: One."),
        ("user", "Two."),
    ]


def test_tool_runs_and_its_result_goes_back(run: Run, gateway: Gateway) -> None:
    done = run("-m", MODEL, "-T", "llm_version", "Which version?")

    assert done.exit_code == 0
    assert "The result is" in done.output
    call, result = gateway.last.json["messages"][1:]
    assert call["tool_calls"][0]["function"] == {"name": "llm_version", "arguments": "{}"}
    assert result["role"] == "tool"
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("claude-sonnet-4-5", ()),
        ("gpt-5.1", ("--no-stream",)),
        ("deepseek-v3.2", ()),
        ("glm-4.7", ("--no-stream",)),
    ],
)
def test_schema_gives_one_json_value(
    run: Run, gateway: Gateway, name: str, stream: tuple[str, ...]
) -> None:
    done = run("-m", f"ramclouds/{name}", "A dog", "--schema", "name, age int", *stream)

    assert json.loads(done.output).keys() == {"name", "age"}


def test_text_around_the_value_is_left_out(run: Run, gateway: Gateway) -> None:
    gateway.reply(Sse(text_chunks('Here it is:\n```json\n{"name": "Rex", "age": 3}\n```')))
    done = run("-m", "ramclouds/glm-4.7", "A dog", "--schema", "name, age int")
    assert json.loads(done.output) == {"name": "Rex", "age": 3}


def test_attachments_go_out_as_the_model_takes_them(
    run: Run, gateway: Gateway, tmp_path: Path
) -> None:
    picture = tmp_path / "dot.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    document = tmp_path / "paper.pdf"
    document.write_bytes(b"%PDF-1.7")

    run("-m", MODEL, "What is it?", "-a", str(picture), "-a", str(document))

    text, image, pdf = gateway.last.json["messages"][-1]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBORw")
    assert pdf["file"]["filename"] == "paper.pdf"
    assert pdf["file"]["file_data"].startswith("data:application/pdf;base64,JVBERi")


def test_model_without_pictures_refuses_them_unasked(
    run: Run, gateway: Gateway, tmp_path: Path
) -> None:
    picture = tmp_path / "dot.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")

    done = run("-m", "ramclouds/deepseek-v3.2", "What is it?", "-a", str(picture))

    assert "does not support attachments" in f"{done.output}{done.exception}"
    assert gateway.requests == []


@pytest.mark.parametrize("flags", [(), ("--no-stream",), ("--async",)])
def test_failed_request_is_one_line_without_the_key(
    run: Run, gateway: Gateway, flags: tuple[str, ...]
) -> None:
    gateway.reply(Json(error("Invalid token test-key"), 401))

    done = run("-m", MODEL, "Hello", *flags)

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert "RAMCLOUDS_API_KEY" in done.output
    assert "test-key" not in done.output


def test_missing_key_says_how_to_set_it(run: Run, user: Path) -> None:
    (user / "keys.json").unlink()
    assert "llm keys set ramclouds" in run("-m", MODEL, "Hello").output


def test_option_out_of_range_is_refused_before_anything_is_sent(run: Run, gateway: Gateway) -> None:
    done = run("-m", MODEL, "Hello", "-o", "temperature", "3")
    assert "temperature" in done.output
    assert gateway.requests == []


def test_other_fields_go_out_as_json(run: Run, gateway: Gateway) -> None:
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    run("-m", MODEL, "Hello", "-o", "extra_body", json.dumps(fields))
    assert gateway.last.json["thinking"] == fields["thinking"]


def test_fallback_model_answers_where_the_first_fails(run: Run, gateway: Gateway) -> None:
    gateway.model.unknown |= {"claude-sonnet-4-5"}

    done = run("-m", MODEL, "Hello", "-o", "fallback_models", "no-such-model, gpt-5.1")

    assert done.output == "Hello! You said: Hello\n"
    asked = [body["model"] for body in gateway.bodies]
    assert asked == ["claude-sonnet-4-5", "no-such-model", "gpt-5.1"]


def test_embeddings_are_those_of_the_gateway(run: Run, gateway: Gateway, tmp_path: Path) -> None:
    one = json.loads(run("embed", "-m", "ramclouds/text-embedding-3-small", "-c", "Hello").output)
    assert one == vector_of("Hello")

    files = tmp_path / "files"
    files.mkdir()
    for name in ("a.txt", "b.txt"):
        (files / name).write_text(f"The text {name}")
    several = ("embed-multi", "texts", "--files", str(files), "*.txt")
    done = run(*several, "-m", "ramclouds/text-embedding-3-small")

    assert done.exit_code == 0
    assert sorted(gateway.last.json["input"]) == ["The text a.txt", "The text b.txt"]


def test_refresh_lists_the_models_of_the_key(run: Run, gateway: Gateway) -> None:
    entries = [{"id": "my-model", "object": "model"}, {"id": "my-embedding-1", "object": "model"}]
    gateway.reply(Json({"object": "list", "data": entries, "success": True}))

    done = run("ramclouds", "refresh")

    assert done.output.startswith("2 models are in ")
    listed = run("models", "-q", "ramclouds").output
    assert "ramclouds/my-model" in listed
    assert "gpt-5" not in listed
    assert "ramclouds/my-embedding-1" in run("embed-models").output
