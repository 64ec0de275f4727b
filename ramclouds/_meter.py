"""The tokens and the cost of all calls that are made inside a block."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from inspect import isawaitable
from threading import Lock
from typing import Any, Protocol

from typing_extensions import Self

from ramclouds._observers import Listener, Operation, observing
from ramclouds._prices.known import price_of
from ramclouds._prices.price import cost_of
from ramclouds.errors import ConfigurationError, RamCloudsError
from ramclouds.types import Completion, Embeddings, Usage

logger = logging.getLogger("ramclouds")

COUNTS = tuple(one.name for one in fields(Usage) if one.type == "int")
"""The fields of a `Usage` that are added up."""


class Pricing(Protocol):
    """A client whose gateway is asked for its prices."""

    def prices(self) -> Any:
        """The prices, or an awaitable of them."""


@dataclass(slots=True)
class Metered:
    """What some calls used and cost."""

    calls: int = 0
    failed_calls: int = 0
    """Those of `calls` that ended in an error."""
    uncounted_calls: int = 0
    """Those of `calls` whose usage never came: a stream that was closed early, most errors."""
    usage: Usage = field(default_factory=Usage)
    """The tokens of all calls together."""
    known_cost: float = 0.0
    """US dollars of the usage whose price is known."""
    unpriced_tokens: int = 0
    """Tokens whose price is not known."""

    @property
    def cost(self) -> float | None:
        """US dollars of all usage, or None where the price of a part of it is not known."""
        return None if self.unpriced_tokens else self.known_cost

    def add(self, usage: Usage, cost: float | None) -> None:
        """Adds tokens with their cost, which is None where it is not known."""
        for name in COUNTS:
            setattr(self.usage, name, getattr(self.usage, name) + getattr(usage, name))
        if cost is None:
            # A usage that was made by hand may lack the total.
            counted = usage.prompt_tokens + usage.completion_tokens
            self.unpriced_tokens += max(usage.total_tokens, counted)
        else:
            self.known_cost += cost


class UsageMeter:
    """Adds up the tokens and the cost of all calls made inside, also by both adapters.

    Calls in tasks count, and calls in threads that copy the context, as those of LangChain and
    `asyncio.to_thread` do. Meters may be nested: each counts. With a `client` the gateway is asked
    for its prices first; where it does not show them, or without a client, the prices that are
    known count.

    Example:
        with UsageMeter() as meter:
            model.invoke("Hello")
        print(meter.total.usage.total_tokens, meter.cost)
    """

    def __init__(self, client: Pricing | None = None) -> None:
        self.total = Metered()
        """Of all models together."""
        self.by_model: dict[str, Metered] = {}
        """By the model that was asked."""
        self._client = client
        self._lock = Lock()
        self._entered: list[AbstractContextManager[None]] = []

    @property
    def cost(self) -> float | None:
        """US dollars of all usage, or None where the price of a part of it is not known."""
        return self.total.cost

    def add(
        self,
        usage: Usage | None,
        model: str,
        base_url: str | None = None,
        *,
        is_failed: bool = False,
    ) -> None:
        """Counts a call that was made elsewhere, such as in another process."""
        self._count(usage, model, base_url, is_failed=is_failed)

    def add_failed(
        self, error: BaseException | None, model: str, base_url: str | None = None
    ) -> None:
        """Counts a call that ended in an error, or was closed early, with what had arrived."""
        is_closed_early = isinstance(error, GeneratorExit)
        usage = _usage_of(getattr(error, "partial", None))
        self._count(usage, model, base_url, is_failed=not is_closed_early)

    def __repr__(self) -> str:
        return f"UsageMeter({self.total})"

    def __enter__(self) -> Self:
        if self._client is not None:
            try:
                found = self._client.prices()
            except RamCloudsError as error:
                _log(error)
            else:
                _refuse_awaitable(found)
        return self._enter()

    def __exit__(self, *exc_info: object) -> None:
        self._entered.pop().__exit__(None, None, None)

    async def __aenter__(self) -> Self:
        if self._client is not None:
            try:
                found = self._client.prices()
                if isawaitable(found):
                    await found
            except RamCloudsError as error:
                _log(error)
        return self._enter()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()

    def _enter(self) -> Self:
        observed = observing(self._listener)
        observed.__enter__()
        self._entered.append(observed)
        return self

    def _listener(self, operation: Operation) -> Listener:
        return _Reading(self, operation)

    def _count(
        self,
        usage: Usage | None,
        model: str,
        base_url: str | None,
        *,
        calls: int = 1,
        is_failed: bool = False,
    ) -> None:
        cost = None if usage is None else cost_of(usage, price_of(model, base_url))
        with self._lock:
            for metered in (self.total, self.by_model.setdefault(model, Metered())):
                metered.calls += calls
                metered.failed_calls += is_failed
                if usage is not None:
                    metered.add(usage, cost)
                else:
                    metered.uncounted_calls += calls


class _Reading(Listener):
    """Reads the usage of one operation."""

    def __init__(self, meter: UsageMeter, operation: Operation) -> None:
        self._meter = meter
        self._operation = operation

    def retry(self, error: Exception, delay: float) -> None:
        """An attempt may have used tokens although it failed."""
        partial = getattr(error, "partial", None)
        if _usage_of(partial) is not None:
            self._count(partial, calls=0)

    def end(self, value: Completion | Embeddings) -> None:
        self._count(value)

    def closed_early(self, partial: Completion | None) -> None:
        self._count(partial)

    def failed(self, error: BaseException, partial: Any) -> None:
        self._count(partial, is_failed=True)

    def _count(self, value: Any, *, calls: int = 1, is_failed: bool = False) -> None:
        usage = _usage_of(value)
        url, model = self._operation.base_url, self._operation.model
        if usage is not None and usage._billed_as is not None:
            # Another model where the one asked first gave up.
            url, model = usage._billed_as
        self._meter._count(usage, model, url, calls=calls, is_failed=is_failed)


def _usage_of(value: Any) -> Usage | None:
    return value.usage if isinstance(value, (Completion, Embeddings)) else None


def _log(error: RamCloudsError) -> None:
    logger.info("The gateway's prices are not known: %s", error)


def _refuse_awaitable(found: Any) -> None:
    if isawaitable(found):
        close = getattr(found, "close", None)
        if close is not None:
            close()
        raise ConfigurationError("An AsyncClient gives its prices by await. Use `async with`.")
