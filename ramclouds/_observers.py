"""Who listens to the client's operations: usage meters, traces, progress bars."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ramclouds.types import Chunk, Completion, Embeddings

logger = logging.getLogger("ramclouds")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a completion, whole or streamed, or a request for embeddings."""

    name: str
    """chat or embeddings."""
    model: str
    base_url: str
    is_stream: bool
    body: Mapping[str, Any] = field(repr=False)
    """What is sent, without headers. A listener keeps no part of it that may be secret."""


class Listener:
    """The events of one operation; a method that is not overridden does nothing."""

    def begin(self) -> None:
        """The operation begins; of a stream, when its first chunk is asked for."""

    def retry(self, error: Exception, delay: float) -> None:
        """An attempt failed, and the request is sent again in `delay` seconds."""

    def wait(self, seconds: float | None, reason: str) -> None:
        """A wait of so many seconds begins; None where nobody knows how long it is."""

    def fallback(self, model: str, next_model: str, error: Exception) -> None:
        """A model failed, and another one is asked in its place."""

    def first_token(self) -> None:
        """The first text, reasoning or call of a stream has come."""

    def end(self, value: Completion | Embeddings) -> None:
        """The operation succeeded."""

    def closed_early(self, partial: Completion | None) -> None:
        """The stream was closed before its end."""

    def failed(self, error: BaseException, partial: Completion | None) -> None:
        """The operation failed, or was cancelled; `partial` is what had arrived."""


Observer: TypeAlias = Callable[[Operation], "Listener | None"]
"""Gives the listener to an operation, or None where it does not care."""

_NO_OBSERVERS: tuple[Observer, ...] = ()
_observers: ContextVar[tuple[Observer, ...]] = ContextVar("ramclouds", default=_NO_OBSERVERS)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Adds an observer of all operations that are made inside, in threads and tasks too."""
    others = tuple(one for one in _observers.get() if one != observer)
    token = _observers.set((*others, observer))
    try:
        yield
    finally:
        try:
            _observers.reset(token)
        except ValueError:
            # The block ends in another context than it began in, as in pytest's async fixtures.
            _observers.set(tuple(one for one in _observers.get() if one != observer))


class Watch:
    """The listeners to one operation, with all of its attempts.

    A listener that fails is logged, and never breaks the operation.
    """

    __slots__ = ("_has_token", "arrived", "listeners", "value")

    def __init__(self, listeners: tuple[Listener, ...] = ()) -> None:
        self.listeners = listeners
        """Empty where nobody listens: the other methods are not to be called then."""
        self.value: Any = None
        """What the operation gave."""
        self.arrived: Callable[[], Completion | None] = _nothing
        """What has arrived of a stream."""
        self._has_token = False

    def notify(self, event: str, *args: Any) -> None:
        """Calls a method of each listener."""
        for listener in self.listeners:
            try:
                getattr(listener, event)(*args)
            except Exception:
                logger.exception("An observer of ramclouds failed in %r; the call goes on", event)

    def chunks(self, chunks: list[Chunk]) -> None:
        """Takes in chunks of a stream."""
        if not self._has_token and any(map(_has_content, chunks)):
            self._has_token = True
            self.notify("first_token")

    def end(self, error: BaseException | None) -> None:
        """Calls the last method of each listener: the operation has ended, or failed."""
        partial = self.value if error is None else getattr(error, "partial", None)
        if partial is None:
            partial = self.arrived()
        if error is None:
            self.notify("end", partial)
        elif isinstance(error, GeneratorExit):
            self.notify("closed_early", partial)
        else:
            self.notify("failed", error, partial)
        # Forgotten, because the listeners know what was sent.
        self.listeners = ()
        self.arrived = _nothing


def _has_content(chunk: Chunk) -> bool:
    return bool(chunk.text or chunk.reasoning or chunk.tool_calls or chunk.refusal)


def _nothing() -> None:
    return None


NOBODY = Watch()


def watch(
    base_url: str, body: Mapping[str, Any] | None, always: tuple[Observer, ...] = ()
) -> Watch:
    """The watch of a request: `NOBODY` where nobody listens; `always` observe all of them."""
    observers = _observers.get() + always
    if not observers or body is None:
        return NOBODY
    name = "embeddings" if "input" in body else "chat"
    is_stream = bool(body.get("stream"))
    operation = Operation(name, body["model"], base_url, is_stream, body)
    listeners = tuple(listener for observer in observers if (listener := observer(operation)))
    return Watch(listeners) if listeners else NOBODY
