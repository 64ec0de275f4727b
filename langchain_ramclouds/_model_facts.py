"""What is known about a model: LangChain's model profile."""

from __future__ import annotations

from langchain_core.language_models import ModelProfile

from ramclouds import ModelFacts
from ramclouds.bridge.dialects import dialect_for


def to_profile(facts: ModelFacts) -> ModelProfile | None:
    """The profile of a known model; None for another, where LangChain makes its own guesses."""
    if not facts.known:
        return None
    profile = ModelProfile(
        max_input_tokens=facts.max_input_tokens,
        text_inputs=True,
        text_outputs=True,
        image_inputs=facts.image_input,
        image_url_inputs=facts.image_input,
        image_tool_message=facts.image_input,
        audio_inputs=facts.audio_input,
        video_inputs=facts.video_input,
        pdf_inputs=facts.pdf_input,
        # No channel passes on a PDF in a tool's result.
        pdf_tool_message=False,
        reasoning_output=facts.reasoning,
        tool_calling=facts.tool_calling,
        tool_choice=facts.tool_calling,
        # If true, LangChain's agents ask by `response_format`, else by a forced tool call.
        structured_output=dialect_for(facts.name).structured[0] != "tool",
    )
    if facts.max_output_tokens is not None:
        profile["max_output_tokens"] = facts.max_output_tokens
    return profile
