"""The names that users build on: a change here is a change in CHANGELOG.md."""

from __future__ import annotations

from langchain_core.language_models.chat_models import BaseChatModel
from llama_index.core.llms.function_calling import FunctionCallingLLM

import langchain_ramclouds
import ramclouds.local
from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds

CHAT_RAMCLOUDS = """
    api_key base_url default_headers extra_body frequency_penalty http_async_client http_client
    logprobs max_retries max_tokens model n on_invalid_tool_calls on_unsupported presence_penalty
    reasoning_effort replay_reasoning seed stop stream_usage streaming temperature think_tags
    timeout tool_calling top_logprobs top_p user
"""
RAMCLOUDS = """
    additional_kwargs api_key async_http_client base_url context_window default_headers
    extra_body frequency_penalty http_client is_function_calling_model max_retries max_tokens
    model on_invalid_tool_calls on_unsupported presence_penalty reasoning_effort replay_reasoning
    stop structured_output_mode temperature think_tags timeout tokenizer tool_calling top_p
"""


def test_names_of_langchain_ramclouds() -> None:
    assert langchain_ramclouds.__all__ == [
        "ChatRamClouds",
        "InvalidToolCallError",
        "MissingToolCallError",
        "RefusalError",
        "StructuredOutputError",
    ]


def test_names_of_ramclouds_local() -> None:
    assert ramclouds.local.__all__ == ["Endpoint", "LocalServer", "local_or_remote"]


def test_fields_of_chat_ramclouds() -> None:
    own = ChatRamClouds.model_fields.keys() - BaseChatModel.model_fields.keys()
    assert sorted(own) == CHAT_RAMCLOUDS.split()


def test_fields_of_ramclouds() -> None:
    own = RamClouds.model_fields.keys() - FunctionCallingLLM.model_fields.keys()
    assert sorted(own) == RAMCLOUDS.split()
