"""The types of `ChatRamClouds`, as a user's code sees them."""

from __future__ import annotations

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from pydantic import BaseModel
from typing_extensions import assert_type

import ramclouds
from langchain_ramclouds import (
    ChatRamClouds,
    MissingToolCallError,
    RefusalError,
    StructuredOutputError,
)


class Report(BaseModel):
    """A weather report."""

    city: str


def get_weather(city: str) -> str:
    """Weather of a city."""
    return city


def settings() -> BaseChatModel:
    return ChatRamClouds(model="gpt-5", temperature=0.5, tool_calling="prompted")


def calls(model: ChatRamClouds) -> None:
    assert_type(model.invoke("Hi"), AIMessage)
    assert_type(model.bind_tools([get_weather], tool_choice="any").invoke("Hi"), AIMessage)
    for chunk in model.stream("Hi"):
        assert_type(chunk, AIMessageChunk)
    assert_type(model.with_structured_output(Report, method="json_schema").invoke("Hi"), Report)
    model.with_structured_output(Report, method="words")  # type: ignore[call-overload]


def errors(model: ChatRamClouds) -> None:
    try:
        model.invoke("Hi")
    except (MissingToolCallError, RefusalError, StructuredOutputError) as error:
        assert_type(error.retryable, bool)
    except ramclouds.RateLimitError as error:
        assert_type(error.retry_after, float | None)
