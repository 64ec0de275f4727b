"""`RamClouds`: chat, completion, tools and structured prediction as LlamaIndex calls them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.chat_engine.types import AgentChatResponse
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool
from typing_extensions import Unpack

import ramclouds
from llama_index_ramclouds import _calls
from llama_index_ramclouds._errors import as_expected, asks_again
from llama_index_ramclouds._fields import LLMSettings
from llama_index_ramclouds._predictions import StructuredPrediction
from ramclouds import prompted
from ramclouds.bridge.fallback_models import check_fallback_models
from ramclouds.bridge.signatures import with_signature

if TYPE_CHECKING:
    from ramclouds.models import KnownModel


class RamClouds(StructuredPrediction):
    """A chat model behind the RamClouds gateway.

    >>> from llama_index_ramclouds import RamClouds
    >>> llm = RamClouds(model="gpt-5")  # the key from RAMCLOUDS_API_KEY
    >>> llm.complete("Paul Graham is ").text  # doctest: +SKIP
    """

    if TYPE_CHECKING:

        def __init__(self, model: KnownModel | str, **settings: Unpack[LLMSettings]) -> None: ...
    else:

        def __init__(self, model: str, **settings: Any) -> None:
            settings["model"] = model
            self._restore(settings)
            check_fallback_models(self.fallback_models, self.model)
            # Never begun, so nothing is sent: finds a missing key, a bad URL or a parameter out of
            # its range now rather than at the first call.
            self._client().stream(**_calls.to_request(self, [ChatMessage("")], {}).params)
            if self.async_http_client is not None:
                self._async_client()

    @classmethod
    def class_name(cls) -> str:
        """The name under which core stores the LLM."""
        return "RamClouds_LLM"

    @property
    def facts(self) -> ramclouds.ModelFacts:
        """What is known about the model."""
        return ramclouds.model_facts(self.model)

    @property
    def metadata(self) -> LLMMetadata:
        """What core asks of every LLM: window, reserved output, abilities."""
        return _calls.to_metadata(self)

    def to_payload(self) -> dict[str, Any]:
        """What events say about the LLM."""
        return {**super().to_payload(), "model": self.model, "temperature": self.temperature}

    def count_tokens(self, text: str | Sequence[ChatMessage]) -> int:
        """Estimate the tokens of a text or of messages, replayed reasoning included, offline."""
        return _calls.count_tokens(self, text)

    def list_models(self) -> list[ramclouds.Model]:
        """Ask the gateway which models the key may use."""
        return self._client().models()

    async def alist_models(self) -> list[ramclouds.Model]:
        """Ask the gateway which models the key may use."""
        return await self._async_client().models()

    def _asker(self, request: _calls.Request) -> ramclouds.Client | prompted.PromptingClient:
        client, mode = self._client(), request.mode
        return client if mode is None else prompted.PromptingClient(client, mode)

    def _aasker(
        self, request: _calls.Request
    ) -> ramclouds.AsyncClient | prompted.AsyncPromptingClient:
        client, mode = self._async_client(), request.mode
        return client if mode is None else prompted.AsyncPromptingClient(client, mode)

    # --- chat and completion ---

    # LlamaIndex reads the signature of each of these methods at each call.

    # A response is checked outside of the callbacks: even one that raises was paid for, and the
    # callbacks count its tokens.

    @with_signature
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Complete a conversation; `kwargs` are parameters of the request."""
        expectation = _calls.to_expectation(self, messages, kwargs)
        response = self._chat(messages, **kwargs)
        while asks_again(response, expectation):
            response = self._chat(messages, **kwargs)
        return as_expected(response, expectation)

    @with_signature
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Complete a conversation; `kwargs` are parameters of the request."""
        expectation = _calls.to_expectation(self, messages, kwargs)
        response = await self._achat(messages, **kwargs)
        while asks_again(response, expectation):
            response = await self._achat(messages, **kwargs)
        return as_expected(response, expectation)

    @with_signature
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Complete a conversation chunk by chunk; each holds all that came before it."""
        expectation = _calls.to_expectation(self, messages, kwargs)
        ask = partial(self._stream_chat, messages, **kwargs)
        return ask() if expectation.is_any else _calls.expecting(ask(), expectation, ask)

    @with_signature
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Complete a conversation chunk by chunk; leaving the stream closes its connection."""
        expectation = _calls.to_expectation(self, messages, kwargs)
        ask = partial(
            _calls.with_events, llm_chat_callback, self._astream_chat, self, messages, **kwargs
        )
        responses = await ask()
        return responses if expectation.is_any else _calls.aexpecting(responses, expectation, ask)

    @with_signature
    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Complete a prompt, which is sent as one user message."""
        request = _calls.to_request(self, self._to_messages(prompt, formatted), kwargs)
        return _calls.to_completion(self._asker(request).complete(**request.params))

    @with_signature
    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Complete a prompt, which is sent as one user message."""
        request = _calls.to_request(self, self._to_messages(prompt, formatted), kwargs)
        return _calls.to_completion(await self._aasker(request).complete(**request.params))

    @with_signature
    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Complete a prompt chunk by chunk; each holds all that came before it."""
        request = _calls.to_request(self, self._to_messages(prompt, formatted), kwargs)
        return _calls.each(
            self._asker(request).stream(**request.params), _calls.ResponseBuilder().to_completion
        )

    @with_signature
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Complete a prompt chunk by chunk; leaving the stream closes its connection."""
        if formatted:
            kwargs["formatted"] = formatted
        return await _calls.with_events(
            llm_completion_callback, self._astream_complete, self, prompt, **kwargs
        )

    # A method that calls another's decorated one fires every event twice.

    @llm_chat_callback()
    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        request = _calls.to_request(self, messages, kwargs)
        return _calls.to_chat(self._asker(request).complete(**request.params))

    @llm_chat_callback()
    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        request = _calls.to_request(self, messages, kwargs)
        return _calls.to_chat(await self._aasker(request).complete(**request.params))

    @llm_chat_callback()
    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        request = _calls.to_request(self, messages, kwargs)
        return _calls.each(
            self._asker(request).stream(**request.params), _calls.ResponseBuilder().to_chat
        )

    def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        request = _calls.to_request(self, messages, kwargs)
        return _calls.aeach(
            self._aasker(request).stream(**request.params), _calls.ResponseBuilder().to_chat
        )

    def _astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        request = _calls.to_request(self, self._to_messages(prompt, formatted), kwargs)
        chunks = self._aasker(request).stream(**request.params)
        return _calls.aeach(chunks, _calls.ResponseBuilder().to_completion)

    def _to_messages(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        if not formatted and self.completion_to_prompt is not None:
            prompt = self.completion_to_prompt(prompt)
        return [ChatMessage(prompt)]

    # --- tools ---

    def stream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseGen:
        """Chat with tools; a forced call that did not come raises at the end of the stream."""
        responses = self.stream_chat(**self._prepare_chat_with_tools(tools, *args, **kwargs))
        if _calls.is_parallel(args, kwargs):
            return responses
        return _calls.each(responses, _calls.keep_first_call)

    async def astream_chat_with_tools(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Chat with tools; a forced call that did not come raises at the end of the stream."""
        responses = await self.astream_chat(**self._prepare_chat_with_tools(tools, *args, **kwargs))
        if _calls.is_parallel(args, kwargs):
            return responses
        return _calls.aeach(responses, _calls.keep_first_call)

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
        # looks like the caller's wish: some models refuse it. One call is kept instead.
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg)
        asked = {"messages": messages, **kwargs}
        if tools:
            asked |= _calls.to_tool_params(tools, tool_choice, required=tool_required)
            if not allow_parallel_tool_calls and _calls.prompted_mode(self, kwargs):
                asked.setdefault("parallel_tool_calls", False)
        return asked

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        return response if allow_parallel_tool_calls else _calls.keep_first_call(response)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The calls of a response; of one that is still arriving, as far as they have come."""
        found = _calls.selections(response.message)
        if error_on_no_tool_call and not found:
            as_expected(response, _calls.Expectation(self.model, must_call=True, whole_calls=True))
        return found

    def predict_and_call(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> AgentChatResponse:
        """Have the model choose tools, and call them; without function calling, by ReAct."""
        kwargs = kwargs if self.is_function_calling_model else _calls.react_defaults() | kwargs
        return super().predict_and_call(tools, *args, **kwargs)

    async def apredict_and_call(
        self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any
    ) -> AgentChatResponse:
        """Have the model choose tools, and call them; without function calling, by ReAct."""
        kwargs = kwargs if self.is_function_calling_model else _calls.react_defaults() | kwargs
        return await super().apredict_and_call(tools, *args, **kwargs)
