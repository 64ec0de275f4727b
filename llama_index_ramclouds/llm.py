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
from llama_index_ramclouds._chunks import (
    achecked,
    aeach,
    awith_call,
    checked,
    each,
    with_call,
    with_events,
)
from llama_index_ramclouds._errors import missing_call_error
from llama_index_ramclouds._expectation import CHECKED_BY_CALLER
from llama_index_ramclouds._predictions import StructuredPrediction
from llama_index_ramclouds._request import to_request
from llama_index_ramclouds._results import ResponseBuilder, to_chat, to_completion

if TYPE_CHECKING:
    from llama_index.core.chat_engine.types import AgentChatResponse
    from llama_index.core.tools.types import BaseTool


class RamClouds(StructuredPrediction):
    """A chat model behind the RamClouds gateway.

    >>> from llama_index_ramclouds import RamClouds
    >>> llm = RamClouds(model="gpt-5")  # the key from RAMCLOUDS_API_KEY
    >>> llm.complete("Paul Graham is ").text  # doctest: +SKIP
    """

    def __init__(self, model: str, **settings: Any) -> None:
        self._restore(model=model, **settings)
        # Never begun, so nothing is sent: finds a missing key, a bad URL or a parameter out of its
        # range now rather than at the first call.
        self._client().stream(**to_request(self, [ChatMessage("")], {}).params)

    # What makes an answer an error is checked outside of the callbacks: it was paid for, and those
    # count its tokens.

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; parameters of the request go into `kwargs`."""
        demands_call = self._demands_call(kwargs)
        response = self._chat(messages, **kwargs)
        return _tools.require_call(response, self.model) if demands_call else response

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; parameters of the request go into `kwargs`."""
        demands_call = self._demands_call(kwargs)
        response = await self._achat(messages, **kwargs)
        return _tools.require_call(response, self.model) if demands_call else response

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer a conversation chunk by chunk; each holds all that came before it."""
        demands_call = self._demands_call(kwargs)
        responses = self._stream_chat(messages, **kwargs)
        return with_call(responses, self.model) if demands_call else responses

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Answer a conversation chunk by chunk; leaving the stream closes its connection."""
        demands_call = self._demands_call(kwargs)
        responses = await with_events(
            llm_chat_callback, self._astream_chat, self, messages, **kwargs
        )
        return awith_call(responses, self.model) if demands_call else responses

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a prompt, sent as one user message."""
        request = to_request(self, self._to_messages(prompt, formatted), kwargs)
        completion = self._asker(request.expectation).complete(**request.params)
        return to_completion(completion, request.expectation)

    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Answer a prompt, sent as one user message."""
        request = to_request(self, self._to_messages(prompt, formatted), kwargs)
        completion = await self._async_asker(request.expectation).complete(**request.params)
        return to_completion(completion, request.expectation)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Answer a prompt chunk by chunk; each holds all that came before it."""
        request = to_request(self, self._to_messages(prompt, formatted), kwargs)
        chunks = self._asker(request.expectation).stream(**request.params)
        return each(chunks, ResponseBuilder(request.expectation).to_completion)

    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Answer a prompt chunk by chunk; leaving the stream closes its connection."""
        if formatted:
            kwargs["formatted"] = formatted
        return await with_events(
            llm_completion_callback, self._astream_complete, self, prompt, **kwargs
        )

    # A method that calls another's decorated one fires every event twice.

    @llm_chat_callback()
    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        request = to_request(self, messages, kwargs)
        completion = self._asker(request.expectation).complete(**request.params)
        return to_chat(completion, request.expectation)

    @llm_chat_callback()
    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        request = to_request(self, messages, kwargs)
        completion = await self._async_asker(request.expectation).complete(**request.params)
        return to_chat(completion, request.expectation)

    @llm_chat_callback()
    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        request = to_request(self, messages, kwargs)
        chunks = self._asker(request.expectation).stream(**request.params)
        return each(chunks, ResponseBuilder(request.expectation).to_chat)

    def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        request = to_request(self, messages, kwargs)
        chunks = self._async_asker(request.expectation).stream(**request.params)
        return aeach(chunks, ResponseBuilder(request.expectation).to_chat)

    def _astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        request = to_request(self, self._to_messages(prompt, formatted), kwargs)
        chunks = self._async_asker(request.expectation).stream(**request.params)
        return aeach(chunks, ResponseBuilder(request.expectation).to_completion)

    def _demands_call(self, kwargs: dict[str, Any]) -> bool:
        if kwargs.pop(CHECKED_BY_CALLER, False):
            return False
        return _tools.is_forced(
            kwargs.get("tool_choice", self.additional_kwargs.get("tool_choice"))
        )

    def _to_messages(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        if not formatted and self.completion_to_prompt is not None:
            prompt = self.completion_to_prompt(prompt)
        return [ChatMessage(prompt)]

    def chat_with_tools(self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any) -> ChatResponse:
        """Chat with tools; raises MissingToolCallError if a demanded call does not come."""
        expectation = self._prepare_chat_with_tools(tools, *args, **kwargs)
        parallel = _tools.is_parallel(args, kwargs)
        return self._validate_chat_with_tools_response(self.chat(**expectation), tools, parallel)

    async def achat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponse:
        """Chat with tools; raises MissingToolCallError if a demanded call does not come."""
        expectation = self._prepare_chat_with_tools(tools, *args, **kwargs)
        parallel = _tools.is_parallel(args, kwargs)
        return self._validate_chat_with_tools_response(
            await self.achat(**expectation), tools, parallel
        )

    def stream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseGen:
        """Chat with tools; a missing demanded call raises at the end of the stream."""
        expectation = self._prepare_chat_with_tools(tools, *args, **kwargs)
        parallel = _tools.is_parallel(args, kwargs)
        return checked(self.stream_chat(**expectation), parallel=parallel)

    async def astream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Chat with tools; a missing demanded call raises at the end of the stream."""
        expectation = self._prepare_chat_with_tools(tools, *args, **kwargs)
        parallel = _tools.is_parallel(args, kwargs)
        return achecked(await self.astream_chat(**expectation), parallel=parallel)

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
        # Natively, parallel_tool_calls is not derived from allow_parallel_tool_calls, whose default
        # cannot be told from the caller's wish: some models refuse it. One call is kept instead.
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg)
        expectation = {"messages": messages, **kwargs}
        if tools:
            expectation["tools"] = _tools.to_wire_tools(tools)
            choice = _tools.to_wire_choice(
                tool_choice, expectation["tools"], required=tool_required
            )
            if choice is not None:
                expectation["tool_choice"] = choice
            if not allow_parallel_tool_calls and self._expectation(kwargs).prompted_mode:
                expectation.setdefault("parallel_tool_calls", False)
        return expectation

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        _tools.require_answer(response)
        return response if allow_parallel_tool_calls else _tools.keep_first_call(response)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The calls of a response; of one that is still arriving, as far as they have come."""
        found = _tools.selections(response.message)
        if error_on_no_tool_call and not found:
            raise missing_call_error(response, self.model)
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
