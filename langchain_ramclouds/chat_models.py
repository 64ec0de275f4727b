"""`ChatRamClouds`: RamClouds' models as a LangChain chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel, model_validator
from typing_extensions import Self, Unpack

import ramclouds
from langchain_ramclouds import _calls, _content_blocks
from langchain_ramclouds._connection import Stored
from langchain_ramclouds._errors import ConfigurationError, model_errors
from langchain_ramclouds._fields import ChatSettings, Fields
from ramclouds import __version__, prompted
from ramclouds.bridge.body_fields import check_limits
from ramclouds.bridge.fallback_models import check_fallback_models
from ramclouds.bridge.settings import construct
from ramclouds.bridge.signatures import with_signature

_content_blocks.register()

_M = TypeVar("_M", bound=BaseModel)


class ChatRamClouds(Stored, BaseChatModel, Fields):
    """Chat with any model of RamClouds.

    The key is `api_key` or the environment's `RAMCLOUDS_API_KEY`. What is None is not sent.

        from langchain_ramclouds import ChatRamClouds

        model = ChatRamClouds(model="gpt-5", max_tokens=200)
        model.invoke("Hi").text
        for chunk in model.stream("Count to five."):
            print(chunk.text, end="")
        model.bind_tools([get_weather]).invoke("Weather in Hanoi?").tool_calls
        model.with_structured_output(Joke).invoke("A joke about clouds")

    Errors are LangChain's `ModelError`s and the client's `RamCloudsError`s at once.
    """

    if TYPE_CHECKING:

        def __init__(self, **settings: Unpack[ChatSettings]) -> None: ...
    else:

        def __init__(self, **settings: Any) -> None:
            construct(type(self), super().__init__, settings, ConfigurationError)
            with model_errors():
                check_limits(self._body_settings)
                check_fallback_models(self.fallback_models, self.model)
                self._check_clients()
                _calls.DialectChoice.taken({}, self).of(self.model)

    @model_validator(mode="after")
    def _set_ramclouds_version(self) -> Self:
        self._add_version("ramclouds", __version__)
        return self

    # --- what LangChain asks of every model ---

    @property
    def _llm_type(self) -> str:
        return "ramclouds-chat"

    @property
    def model_name(self) -> str:
        """The model, under the name that LangChain's agents look for first."""
        return self.model

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return _calls.to_identity(self)

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return _calls.to_ls_params(self, stop, kwargs)

    def _resolve_model_profile(self) -> ModelProfile | None:
        return _calls.to_profile(ramclouds.model_facts(self.model))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other settings; the profile is that of its model."""
        copied = super().model_copy(update=update, deep=deep)
        if update and "model" in update and "profile" not in update:
            copied.profile = _calls.to_profile(ramclouds.model_facts(copied.model))
        return copied

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        return _calls.combine_llm_outputs(llm_outputs)

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens a text has; exact with `custom_get_token_ids`."""
        token_ids = self.custom_get_token_ids
        return _calls.estimate_tokens(text) if token_ids is None else len(token_ids(text))

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """About how many tokens a conversation has, tools and replayed reasoning included."""
        if not messages:
            return 0
        params = _calls.to_request(self, messages, None, {}).params
        return _calls.count_request(params, map(_calls.to_tool, tools or ()), self.get_num_tokens)

    # --- calls ---

    # LangChain reads the signature of the first two at each call.

    @with_signature
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            request = _calls.to_request(self, messages, stop, kwargs)
            completion = self._asker(request).complete(**request.params)
            while request.expectation.asks_again(completion):
                completion = self._asker(request).complete(**request.params)
            return _calls.to_result(completion, request)

    @with_signature
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            request = _calls.to_request(self, messages, stop, kwargs)
            completion = await self._aasker(request).complete(**request.params)
            while request.expectation.asks_again(completion):
                completion = await self._aasker(request).complete(**request.params)
            return _calls.to_result(completion, request)

    # LangChain tells the callbacks about tokens itself, and passes a run_manager only where it
    # does not: in `stream_events(version="v3")`.

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with model_errors():
            request = _calls.to_request(self, messages, stop, kwargs)
            converter = _calls.ChunkConverter(request.expectation, request.json_schema)
            while not converter.is_done:
                with closing(self._asker(request).stream(**request.params)) as chunks:
                    for chunk in chunks:
                        for part in converter.convert(chunk):
                            if run_manager is not None:
                                run_manager.on_llm_new_token(part.text, chunk=part)
                            yield part

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with model_errors():
            request = _calls.to_request(self, messages, stop, kwargs)
            converter = _calls.ChunkConverter(request.expectation, request.json_schema)
            while not converter.is_done:
                async with aclosing(self._aasker(request).stream(**request.params)) as chunks:
                    async for chunk in chunks:
                        for part in converter.convert(chunk):
                            if run_manager is not None:
                                await run_manager.on_llm_new_token(part.text, chunk=part)
                            yield part

    def list_models(self) -> list[ramclouds.Model]:
        """The models that the gateway has for this key."""
        with model_errors():
            return self._client().models()

    async def alist_models(self) -> list[ramclouds.Model]:
        """The models that the gateway has for this key."""
        with model_errors():
            return await self._aclient().models()

    def _asker(self, request: _calls.Request) -> ramclouds.Client | prompted.PromptingClient:
        client, mode = self._client(), request.mode
        return client if mode is None else prompted.PromptingClient(client, mode)

    def _aasker(
        self, request: _calls.Request
    ) -> ramclouds.AsyncClient | prompted.AsyncPromptingClient:
        client, mode = self._aclient(), request.mode
        return client if mode is None else prompted.AsyncPromptingClient(client, mode)

    # --- tools and structure ---

    def bind_tools(
        self,
        tools: Sequence[_calls.AnyTool],
        *,
        tool_choice: _calls.ToolChoice = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools: functions, pydantic models, TypedDicts, LangChain tools or JSON schemas.

        `tool_choice` is `"auto"`, `"none"`, `"any"` (also `"required"`, `True`), a tool's name, or
        a dict as OpenAI and Anthropic have it. A completion without a forced call raises.
        """
        with model_errors():
            params = _calls.to_tool_params(
                tools,
                tool_choice=tool_choice,
                strict=strict,
                parallel_tool_calls=parallel_tool_calls,
            )
            if response_format is not None:
                params["response_format"] = _calls.to_response_format(
                    response_format, strict=strict is not False
                )
        return self.bind(**params, **kwargs)

    @overload
    def with_structured_output(
        self,
        schema: type[_M],
        *,
        method: _calls.Method = ...,
        include_raw: Literal[False] = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, _M]: ...

    @overload
    def with_structured_output(
        self,
        schema: _calls.Schema | None = None,
        *,
        method: _calls.Method = ...,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[_calls.AnyTool] = (),
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]: ...

    def with_structured_output(
        self,
        schema: _calls.Schema | None = None,
        *,
        method: _calls.Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[_calls.AnyTool] = (),
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Output of the given shape: a pydantic model, TypedDict, JSON schema or tool schema.

        `method` is how the model is asked: by a forced tool call (`"function_calling"`), by
        `response_format` with the schema (`"json_schema"`), or for any JSON (`"json_mode"`, where
        the prompt has to say which); None: as the model does it best. What the channel does not
        take is asked for through the prompt. A completion that does not fit raises
        `StructuredOutputError`.
        """
        with model_errors():
            return _calls.with_structure(
                self._unchecked(),
                schema,
                method=method,
                include_raw=include_raw,
                strict=strict,
                tools=tools,
                **kwargs,
            )
