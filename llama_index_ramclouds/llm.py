"""`RamClouds`: chat, completion and tools as LlamaIndex calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.llm import ToolSelection

from llama_index_ramclouds import _tools
from llama_index_ramclouds._predictions import StructuredPrediction
from llama_index_ramclouds._requests import to_request
from llama_index_ramclouds._responses import Answer, to_chat, to_completion
from llama_index_ramclouds._streams import achecked, aeach, checked, each, with_events

if TYPE_CHECKING:
    from llama_index.core.chat_engine.types import AgentChatResponse
    from llama_index.core.tools.types import BaseTool


class RamClouds(StructuredPrediction):
    """A chat model behind the RamClouds gateway.

    >>> from llama_index_ramclouds import RamClouds
    >>> llm = RamClouds(model="gpt-5")  # the key from RAMCLOUDS_API_KEY
    >>> llm.complete("Paul Graham is ").text  # doctest: +SKIP
    """

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; parameters of the request go into `kwargs`."""
        completion = self._client().complete(**to_request(self, messages, kwargs))
        return to_chat(completion)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; parameters of the request go into `kwargs`."""
        completion = await self._async_client().complete(**to_request(self, messages, kwargs))
        return to_chat(completion)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer a conversation chunk by chunk; each holds all that came before it."""
        return self._stream_chat(messages, **kwargs)

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Answer a conversation chunk by chunk; leaving the stream closes its connection."""
        return await with_events(llm_chat_callback, self._astream_chat, self, messages, **kwargs)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a prompt, sent as one user message."""
        messages = self._to_messages(prompt, formatted)
        completion = self._client().complete(**to_request(self, messages, kwargs))
        return to_completion(completion)

    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Answer a prompt, sent as one user message."""
        messages = self._to_messages(prompt, formatted)
        completion = await self._async_client().complete(**to_request(self, messages, kwargs))
        return to_completion(completion)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Answer a prompt chunk by chunk; each holds all that came before it."""
        return self._stream_complete(prompt, formatted, **kwargs)

    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Answer a prompt chunk by chunk; leaving the stream closes its connection."""
        if formatted:
            kwargs["formatted"] = formatted
        return await with_events(
            llm_completion_callback, self._astream_complete, self, prompt, **kwargs
        )

    # Undecorated: a method that calls another's decorated one fires every event twice.

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        chunks = self._client().stream(**to_request(self, messages, kwargs))
        return each(chunks, Answer().to_chat)

    def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        chunks = self._async_client().stream(**to_request(self, messages, kwargs))
        return aeach(chunks, Answer().to_chat)

    def _stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        messages = self._to_messages(prompt, formatted)
        chunks = self._client().stream(**to_request(self, messages, kwargs))
        return each(chunks, Answer().to_completion)

    def _astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        messages = self._to_messages(prompt, formatted)
        chunks = self._async_client().stream(**to_request(self, messages, kwargs))
        return aeach(chunks, Answer().to_completion)

    def _to_messages(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        if not formatted and self.completion_to_prompt is not None:
            prompt = self.completion_to_prompt(prompt)
        return [ChatMessage(prompt)]

    def chat_with_tools(self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any) -> ChatResponse:
        """Chat with tools; raises MissingToolCallError if a demanded call does not come."""
        asked = self._prepare_chat_with_tools(tools, *args, **kwargs)
        rules = _tools.rules(asked, args, kwargs)
        return self._validate_chat_with_tools_response(self.chat(**asked), tools, **rules)

    async def achat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponse:
        """Chat with tools; raises MissingToolCallError if a demanded call does not come."""
        asked = self._prepare_chat_with_tools(tools, *args, **kwargs)
        rules = _tools.rules(asked, args, kwargs)
        return self._validate_chat_with_tools_response(await self.achat(**asked), tools, **rules)

    def stream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseGen:
        """Chat with tools; a missing demanded call raises at the end of the stream."""
        asked = self._prepare_chat_with_tools(tools, *args, **kwargs)
        return checked(self.stream_chat(**asked), **_tools.rules(asked, args, kwargs))

    async def astream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Chat with tools; a missing demanded call raises at the end of the stream."""
        asked = self._prepare_chat_with_tools(tools, *args, **kwargs)
        return achecked(await self.astream_chat(**asked), **_tools.rules(asked, args, kwargs))

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        # parallel_tool_calls is not derived from allow_parallel_tool_calls, whose default cannot
        # be told from the caller's wish: some models refuse it. One call is kept instead.
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg)
        asked = {"messages": messages, **kwargs}
        if tools:
            asked["tools"] = _tools.to_wire_tools(tools)
            choice = _tools.to_wire_choice(tool_choice, asked["tools"], required=tool_required)
            if choice is not None:
                asked["tool_choice"] = choice
        return asked

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> ChatResponse:
        if _tools.is_forced(tool_choice):
            _tools.require_call(response)
        return response if allow_parallel_tool_calls else _tools.keep_first_call(response)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The calls of a response; of one that is still arriving, as far as they have come."""
        found = _tools.selections(response.message)
        if error_on_no_tool_call and not found:
            raise _tools.call_missing(response)
        return found

    def predict_and_call(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> AgentChatResponse:
        """Have the model choose tools, and call them; without function calling, by ReAct."""
        kwargs = kwargs if self.is_function_calling_model else _tools.react_defaults() | kwargs
        return super().predict_and_call(tools, *args, **kwargs)

    async def apredict_and_call(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> AgentChatResponse:
        """Have the model choose tools, and call them; without function calling, by ReAct."""
        kwargs = kwargs if self.is_function_calling_model else _tools.react_defaults() | kwargs
        return await super().apredict_and_call(tools, *args, **kwargs)
