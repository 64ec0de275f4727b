"""The types of `RamClouds`, as a user's code sees them."""

from __future__ import annotations

from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse
from llama_index.core.llms.function_calling import FunctionCallingLLM

from llama_index_ramclouds import EmptyAnswerError, MissingToolCallError, RamClouds
from ramclouds import RamCloudsError


def settings() -> FunctionCallingLLM:
    return RamClouds(model="gpt-5", temperature=0.5, tool_calling="prompted")


def calls(llm: RamClouds) -> tuple[ChatResponse, CompletionResponse]:
    # LlamaIndex's decorators leave no type, so a declared one is all that a checker can hold.
    chat: ChatResponse = llm.chat([ChatMessage("Hi")])
    completion: CompletionResponse = llm.complete("Hi")
    return chat, completion


def errors(error: EmptyAnswerError | MissingToolCallError) -> RamCloudsError:
    return error
