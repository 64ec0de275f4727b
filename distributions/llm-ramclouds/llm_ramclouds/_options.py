"""What `-o name value` sets: the fields of a request that a command line can give."""

from __future__ import annotations

import json
from typing import Any, Literal

import llm
from pydantic import Field, field_validator

from ramclouds import ConfigurationError
from ramclouds.bridge.body_fields import check_field


class Options(llm.KeyModel.Options):
    """Options of one prompt; None is not sent."""

    temperature: float | None = Field(None, description="0 to 2; the gateway's default is 1")
    max_tokens: int | None = Field(None, description="Longest completion, in tokens")
    top_p: float | None = Field(None, description="0 to 1")
    top_k: int | None = Field(None, description="How many likely tokens to choose from")
    frequency_penalty: float | None = Field(None, description="-2 to 2")
    presence_penalty: float | None = Field(None, description="-2 to 2")
    stop: str | None = Field(None, description="Where the completion ends")
    seed: int | None = Field(None, description="Makes equal prompts give more equal completions")
    reasoning_effort: str | None = Field(None, description="minimal, low, medium, high, ...")
    verbosity: str | None = Field(None, description="low, medium or high, of gpt-5 models")
    json_object: bool | None = Field(None, description="Any JSON object; for a schema, --schema")
    tool_calling: Literal["native", "prompted", "grammar"] | None = Field(
        None, description="How to ask for tools; prompted, where a model has none of its own"
    )
    fallback_models: list[str] | None = Field(
        None, description="Models to ask where this one fails, with commas between them"
    )
    extra_body: dict[str, Any] | None = Field(
        None, description='Other fields of the request, as JSON: {"thinking": {...}}'
    )

    @field_validator("extra_body", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("fallback_models", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value

    @field_validator("temperature", "max_tokens", "top_p", "frequency_penalty", "presence_penalty")
    @classmethod
    def _in_range(cls, value: Any, info: Any) -> Any:
        try:
            return value if value is None else check_field(info.field_name, value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error

    def to_params(self) -> dict[str, Any]:
        """The fields of the request."""
        params = self.model_dump(exclude_none=True, exclude={"tool_calling", "json_object"})
        return params | ({"response_format": {"type": "json_object"}} if self.json_object else {})
