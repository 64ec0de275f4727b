"""How a model is asked for tools is read from its file, not from where it runs."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import pytest

from ramclouds.local._model_file import warn_of_base_model, way_to_call_tools

TOOLS = "{% if tools %}{{ tools }}{% endif %}"


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(folder: Path, name: str, template: str | None) -> Path:
    """The head of a GGUF file, with values of each shape before the template."""
    pairs = [
        text("general.name") + struct.pack("<I", 8) + text("model"),
        text("general.file_type") + struct.pack("<II", 4, 3),
        text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
        text("scores") + struct.pack("<IIQ2f", 9, 6, 2, 0.5, 0.5),
    ]
    if template is not None:
        pairs.append(text("tokenizer.chat_template") + struct.pack("<I", 8) + text(template))
    path = folder / name
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, len(pairs)) + b"".join(pairs))
    return path


@pytest.mark.parametrize(
    ("name", "template", "way"),
    [
        ("Qwen2.5-Coder-1.5B-Instruct.gguf", TOOLS, "native"),
        ("chatml.gguf", "{{ messages }}", "grammar"),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", TOOLS, "grammar"),
    ],
)
def test_way_depends_on_the_model(tmp_path: Path, name: str, template: str, way: str) -> None:
    path = gguf(tmp_path, name, template)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_base_model(path)
    assert way_to_call_tools(path) == way


def test_base_model_gives_a_warning(tmp_path: Path) -> None:
    path = gguf(tmp_path, "base.gguf", None)
    with pytest.warns(UserWarning, match=r"base\.gguf has no chat template.*instruct model"):
        warn_of_base_model(path)
    assert way_to_call_tools(path) == "grammar"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all, but a long text"])
def test_other_file_has_no_template(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_base_model(path)
    assert way_to_call_tools(path) == "grammar"
