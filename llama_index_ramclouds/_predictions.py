"""Structured prediction: LlamaIndex's four entries, over the methods of chat."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, cast

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.types import Model

from llama_index_ramclouds import _structured
from llama_index_ramclouds._clients import Connections
from llama_index_ramclouds._objects import ArrivingObject, OutputSpec, to_object
from ramclouds import BadRequestError

if TYPE_CHECKING:
    from llama_index.core.program.utils import FlexibleModel
    from llama_index.core.prompts import PromptTemplate

dispatcher = get_dispatcher(__name__)


class StructuredPrediction(Connections):
    """What core does in its `FunctionCallingProgram` and `LLMTextCompletionProgram`, mended.

    Those lose the system prompt, force no tool in streams, change the caller's kwargs, and take
    neither JSON in a fence nor JSON text in place of a call.
    """

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Fill a prompt, and have the model answer it with an object of the class."""
        modes = _structured.modes(self, llm_kwargs)
        if modes is None:
            made = super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(Model, made)
        _started(output_cls, prompt, prompt_args)
        messages = self._prompted(prompt, prompt_args)
        return _ended(self._ask(modes, output_cls, messages, llm_kwargs))

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Fill a prompt, and have the model answer it with an object of the class."""
        modes = _structured.modes(self, llm_kwargs)
        if modes is None:
            made = await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(Model, made)
        _started(output_cls, prompt, prompt_args)
        messages = self._prompted(prompt, prompt_args)
        return _ended(await self._aask(modes, output_cls, messages, llm_kwargs))

    def _structured_stream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        modes = _structured.modes(self, llm_kwargs)
        if modes is None:
            return super()._structured_stream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        messages = self._prompted(prompt, prompt_args)
        return self._stream_objects(modes, output_cls, messages, llm_kwargs)

    async def _structured_astream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        modes = _structured.modes(self, llm_kwargs)
        if modes is None:
            return await super()._structured_astream_call(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
        messages = self._prompted(prompt, prompt_args)
        return self._astream_objects(modes, output_cls, messages, llm_kwargs)

    async def astream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        """Yield the object as it arrives: partial ones, then the whole one, validated."""
        objects = await self._structured_astream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        return _with_events(objects, output_cls, prompt, prompt_args)

    def _prompted(self, prompt: PromptTemplate, prompt_args: dict[str, Any]) -> list[ChatMessage]:
        # Core's FunctionCallingProgram.acall forgets the system prompt.
        return self._extend_messages(prompt.format_messages(llm=self, **prompt_args))

    def _ask(
        self,
        modes: Sequence[str],
        output_cls: type[Model],
        messages: list[ChatMessage],
        llm_kwargs: dict[str, Any] | None,
    ) -> Model:
        expectation = _structured.to_ask(self, modes[0], output_cls, messages, llm_kwargs)
        try:
            response = self.chat(**expectation)
        except BadRequestError as error:
            if not _structured.is_mode_refused(modes, error):
                raise
        else:
            return to_object(response, OutputSpec(output_cls, modes[0], self.model))
        return self._ask(modes[1:], output_cls, messages, llm_kwargs)

    async def _aask(
        self,
        modes: Sequence[str],
        output_cls: type[Model],
        messages: list[ChatMessage],
        llm_kwargs: dict[str, Any] | None,
    ) -> Model:
        expectation = _structured.to_ask(self, modes[0], output_cls, messages, llm_kwargs)
        try:
            response = await self.achat(**expectation)
        except BadRequestError as error:
            if not _structured.is_mode_refused(modes, error):
                raise
        else:
            return to_object(response, OutputSpec(output_cls, modes[0], self.model))
        return await self._aask(modes[1:], output_cls, messages, llm_kwargs)

    def _stream_objects(
        self,
        modes: Sequence[str],
        output_cls: type[Model],
        messages: list[ChatMessage],
        llm_kwargs: dict[str, Any] | None,
    ) -> Generator[Any, None, None]:
        arriving = ArrivingObject(OutputSpec(output_cls, modes[0], self.model))
        expectation = _structured.to_ask(self, modes[0], output_cls, messages, llm_kwargs)
        try:
            with closing(self.stream_chat(**expectation)) as responses:
                for response in responses:
                    yield from arriving.to_partial(response)
        except BadRequestError as error:
            if not _structured.is_mode_refused(modes, error):
                raise
            yield from self._stream_objects(modes[1:], output_cls, messages, llm_kwargs)
        else:
            yield from arriving.to_rest()

    async def _astream_objects(
        self,
        modes: Sequence[str],
        output_cls: type[Model],
        messages: list[ChatMessage],
        llm_kwargs: dict[str, Any] | None,
    ) -> AsyncGenerator[Any, None]:
        arriving = ArrivingObject(OutputSpec(output_cls, modes[0], self.model))
        expectation = _structured.to_ask(self, modes[0], output_cls, messages, llm_kwargs)
        try:
            async with aclosing(await self.astream_chat(**expectation)) as responses:
                async for response in responses:
                    for arrived in arriving.to_partial(response):
                        yield arrived
        except BadRequestError as error:
            if not _structured.is_mode_refused(modes, error):
                raise
            rest = self._astream_objects(modes[1:], output_cls, messages, llm_kwargs)
            async with aclosing(rest):
                async for arrived in rest:
                    yield arrived
        else:
            for arrived in arriving.to_rest():
                yield arrived


def _started(
    output_cls: type[BaseModel], prompt: PromptTemplate, prompt_args: dict[str, Any]
) -> None:
    dispatcher.event(
        LLMStructuredPredictStartEvent(
            output_cls=output_cls, template=prompt, template_args=prompt_args
        )
    )


def _ended(output: Model) -> Model:
    dispatcher.event(LLMStructuredPredictEndEvent(output=output))
    return output


async def _with_events(
    objects: AsyncGenerator[Any, None],
    output_cls: type[BaseModel],
    prompt: PromptTemplate,
    prompt_args: dict[str, Any],
) -> AsyncGenerator[Any, None]:
    """Pass objects on with core's events, and close their stream when the caller leaves it."""
    _started(output_cls, prompt, prompt_args)
    async with aclosing(objects):
        async for arrived in objects:
            dispatcher.event(LLMStructuredPredictInProgressEvent(output=arrived))
            yield arrived
    _ended(arrived)
