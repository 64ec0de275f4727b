"""Structured prediction over the methods of chat, with core's events.

Core's `FunctionCallingProgram` and `LLMTextCompletionProgram` lose the system prompt, force no tool
in streams, change the caller's kwargs, and take neither JSON in a fence nor JSON text in place of a
call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any, cast

from llama_index.core.bridge.pydantic import BaseModel, ConfigDict
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import Model

from llama_index_ramclouds import _calls
from llama_index_ramclouds._fields import Fields
from ramclouds import APIStatusError

dispatcher = get_dispatcher(__name__)


class StructuredPrediction(Fields, FunctionCallingLLM):
    """The methods of the LLM that give objects.

    It derives from core's class because core wraps only the methods of its subclasses in spans.
    """

    # Built at the first use rather than at import.
    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        extra="forbid",
        defer_build=True,
    )

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Fill a prompt, and have the model answer it with an object of the class."""
        attempt = self._attempt(output_cls, prompt, llm_kwargs, prompt_args)
        if attempt is None:
            made = super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(Model, made)
        started(output_cls, prompt, prompt_args)
        return ended(predict(self._unchecked(), attempt))

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Fill a prompt, and have the model answer it with an object of the class."""
        attempt = self._attempt(output_cls, prompt, llm_kwargs, prompt_args)
        if attempt is None:
            made = await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(Model, made)
        started(output_cls, prompt, prompt_args)
        return ended(await apredict(self._unchecked(), attempt))

    def _structured_stream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        attempt = self._attempt(output_cls, prompt, llm_kwargs, prompt_args)
        if attempt is None:
            return super()._structured_stream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        return stream(self._unchecked(), attempt)

    async def _structured_astream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        attempt = self._attempt(output_cls, prompt, llm_kwargs, prompt_args)
        if attempt is None:
            return await super()._structured_astream_call(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
        return astream(self._unchecked(), attempt)

    async def astream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        """Yield the object as it arrives: partial ones, then the whole one, validated."""
        objects = await self._structured_astream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        return with_events(objects, output_cls, prompt, prompt_args)

    def _attempt(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None,
        prompt_args: dict[str, Any],
    ) -> _calls.Attempt[Model] | None:
        """The first attempt; None leaves the prediction to core's programs."""
        modes = _calls.modes(self, llm_kwargs)
        if modes is None:
            return None
        # Core's FunctionCallingProgram.acall forgets the system prompt.
        messages = self._extend_messages(prompt.format_messages(llm=self, **prompt_args))
        return _calls.Attempt(self, modes, output_cls, messages, llm_kwargs or {})


def predict(llm: LLM, attempt: _calls.Attempt[Model]) -> Model:
    """Ask in one mode after the other, until one is not refused."""
    while True:
        try:
            response = llm.chat(**attempt.to_kwargs())
        except APIStatusError as error:
            attempt = attempt.after(error)
        else:
            return _calls.to_object(response, attempt)


async def apredict(llm: LLM, attempt: _calls.Attempt[Model]) -> Model:
    """Ask in one mode after the other, until one is not refused."""
    while True:
        try:
            response = await llm.achat(**attempt.to_kwargs())
        except APIStatusError as error:
            attempt = attempt.after(error)
        else:
            return _calls.to_object(response, attempt)


def stream(llm: LLM, attempt: _calls.Attempt[Any]) -> Generator[Any, None, None]:
    """Ask as `predict` does: partial objects as they arrive, then the whole one."""
    while True:
        arriving = _calls.ArrivingObject(attempt)
        try:
            with closing(llm.stream_chat(**attempt.to_kwargs())) as responses:
                for response in responses:
                    yield from arriving.to_partial(response)
        except APIStatusError as error:
            attempt = attempt.after(error)
        else:
            yield from arriving.to_rest()
            return


async def astream(llm: LLM, attempt: _calls.Attempt[Any]) -> AsyncGenerator[Any, None]:
    """Ask as `predict` does: partial objects as they arrive, then the whole one."""
    while True:
        arriving = _calls.ArrivingObject(attempt)
        try:
            async with aclosing(await llm.astream_chat(**attempt.to_kwargs())) as responses:
                async for response in responses:
                    for arrived in arriving.to_partial(response):
                        yield arrived
        except APIStatusError as error:
            attempt = attempt.after(error)
        else:
            for arrived in arriving.to_rest():
                yield arrived
            return


def started(
    output_cls: type[BaseModel], prompt: PromptTemplate, prompt_args: dict[str, Any]
) -> None:
    """Tell core's listeners that a prediction begins."""
    dispatcher.event(
        LLMStructuredPredictStartEvent(
            output_cls=output_cls, template=prompt, template_args=prompt_args
        )
    )


def ended(output: Model) -> Model:
    """Tell core's listeners what was predicted."""
    dispatcher.event(LLMStructuredPredictEndEvent(output=output))
    return output


async def with_events(
    objects: AsyncGenerator[Any, None],
    output_cls: type[BaseModel],
    prompt: PromptTemplate,
    prompt_args: dict[str, Any],
) -> AsyncGenerator[Any, None]:
    """Pass objects on with core's events, and close their stream when the caller leaves it."""
    started(output_cls, prompt, prompt_args)
    async with aclosing(objects):
        async for arrived in objects:
            dispatcher.event(LLMStructuredPredictInProgressEvent(output=arrived))
            yield arrived
    ended(arrived)
