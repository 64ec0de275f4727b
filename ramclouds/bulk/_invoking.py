"""What `invoke=` may name: a LangChain Runnable, a LlamaIndex model, or any function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ramclouds.errors import ConfigurationError

Call = Callable[[Any], Awaitable[Any]]


def call_of(target: Any, max_in_flight: int) -> Call:
    """How a target is called with the input of a row; a sync function runs in a thread.

    Raises:
        ConfigurationError: it cannot be called.
    """
    if hasattr(target, "ainvoke"):
        return cast("Call", target.ainvoke)
    if hasattr(target, "achat") and hasattr(target, "acomplete"):
        return partial(_ask_model, target)
    if not callable(target):
        raise ConfigurationError(
            f"invoke must be a Runnable, a model or a function, not {type(target).__name__}."
        )
    if _is_async(target):
        return cast("Call", target)
    return partial(_in_thread, target, CapacityLimiter(max_in_flight))


def _is_async(target: Any) -> bool:
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(
        getattr(target, "__call__", None)  # noqa: B004  it is asked what kind it is
    )


async def _in_thread(target: Callable[[Any], Any], limiter: CapacityLimiter, value: Any) -> Any:
    call = partial(to_thread.run_sync, target, value, abandon_on_cancel=True, limiter=limiter)
    found = await call()
    return await found if inspect.isawaitable(found) else found


async def _ask_model(model: Any, value: Any) -> Any:
    """Asks a model of LlamaIndex."""
    if isinstance(value, str):
        return await model.acomplete(value)
    messages = value["messages"] if isinstance(value, dict) and "messages" in value else value
    if not isinstance(messages, list):
        raise ConfigurationError(
            f"A model is asked with a text or with messages, not with {value!r:.80}."
        )
    # LlamaIndex is loaded already: the caller has a model of it.
    message_class: Any = sys.modules["llama_index.core.base.llms.types"].ChatMessage
    return await model.achat(
        [message_class(**one) if isinstance(one, dict) else one for one in messages]
    )


def plain(value: Any) -> Any:
    """A value as JSON can hold it: a text, a message's dump, a model's fields."""
    if hasattr(value, "raw") and type(value).__module__.startswith("llama_index."):
        value = _of_llama_index(value)
    try:
        return to_jsonable_python(value, fallback=repr, serialize_unknown=True)
    except Exception:  # noqa: BLE001  whatever its class raises, the value was paid for
        return _described(value)


def _described(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  as above
        return object.__repr__(value)


def _of_llama_index(response: Any) -> Any:
    """The object of a structured model, or the message or text of a response."""
    if isinstance(response.raw, BaseModel):
        return response.raw
    return response.message if hasattr(response, "message") else response.text
