"""What the tests of structured output ask for."""

from __future__ import annotations

from typing import Any

from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from llama_index_ramclouds import RamClouds
from tests.gateway import (
    Gateway,
    Json,
    Sse,
    completion,
    text_chunks,
)


class Song(BaseModel):
    """A song."""

    title: str
    seconds: int = 0


class Album(BaseModel):
    name: str
    songs: list[Song] = Field(default_factory=list)


PROMPT = PromptTemplate("Make an album about {topic}.")
RIVERS = {"name": "Rivers", "songs": [{"title": "Rhine", "seconds": 60}, {"title": "Elbe"}]}
EXPECTED = Album.model_validate(RIVERS)
MODES = ("function_calling", "json_schema", "json_mode", "text")


def in_mode(llm: RamClouds, mode: Any) -> RamClouds:
    llm.structured_output_mode = mode
    return llm


def answer_with(gateway: Gateway, text: str) -> None:
    """Answer with text, streamed if asked."""
    gateway.handler = lambda request: (
        Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))
    )
