"""What calls may need before they have ended: tokens, and US dollars where those are limited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ramclouds.bridge.body_fields import max_tokens_of
from ramclouds.bridge.tokens import count_request, estimate_tokens
from ramclouds.bulk._budget import Budget, Spent
from ramclouds.errors import ConfigurationError
from ramclouds.prices import cost_of, price_of
from ramclouds.types import Usage

Need: TypeAlias = Callable[[Any, "int | None"], "Usage | None"]
"""What an input may use, given how long a completion usually is; None where nobody knows yet."""
Asked: TypeAlias = tuple[str, str | None]
"""A model, and the base URL where it is asked."""


class Needs:
    """What the calls of a run may need; `models` gives those that an input is for."""

    def __init__(
        self, budget: Budget, need: Need, models: Callable[[Any], Sequence[Asked]]
    ) -> None:
        self._budget, self._need, self._models = budget, need, models

    def require_prices(self, value: Any) -> None:
        """Sees that the cost of an input can be limited.

        Raises:
            ConfigurationError: it has a limit, and no price.
        """
        if not self._budget.limits_cost:
            return
        models = self._models(value)
        if not models:
            raise ConfigurationError(
                "max_cost needs to know which model is asked. Name it beside invoke: model=..."
            )
        for model, url in models:
            if price_of(model, url) is None:
                raise ConfigurationError(
                    f"max_cost needs the price of {model}, which is not known. Ask the gateway for "
                    "its prices (Client().prices()), or call set_prices."
                )

    def of(self, inputs: Sequence[Any]) -> Spent | None:
        """What one call with these inputs may need; None where nobody knows yet."""
        if not self._budget.is_limited:
            return Spent()
        tokens, cost = 0, 0.0
        for value in inputs:
            usage = self._need(value, self._budget.usual_completion())
            if usage is None:
                return None
            tokens += usage.prompt_tokens + usage.completion_tokens
            if self._budget.limits_cost:
                cost += max(cost_of(usage, price_of(*one)) or 0.0 for one in self._models(value))
        return Spent(tokens, cost)


def chat_need(body: Mapping[str, Any], usual_completion: int | None) -> Usage | None:
    """What a request for completions may use at most, or about."""
    limit = max_tokens_of(body)
    completion = usual_completion if limit is None else limit
    if completion is None:
        return None
    prompt = count_request({**body, "dialect": None}, body.get("tools") or ())
    return Usage(prompt, completion * (body.get("n") or 1))


def embed_need(body: Mapping[str, Any], usual_completion: int | None) -> Usage:
    """About what a request for vectors uses."""
    return Usage(estimate_tokens(str(body["input"])))


def invoke_need(value: Any, usual_completion: int | None) -> Usage | None:
    """About what a chain may use, if it asks a model once."""
    if usual_completion is None:
        return None
    return Usage(estimate_tokens(str(value)), usual_completion)


def models_in(target: Any) -> list[Asked]:
    """The models that a chain asks, as far as its parts show them."""
    found: dict[Asked, None] = {}
    seen: set[int] = set()
    parts = [target]
    while parts:
        part = parts.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        model = getattr(part, "model", None)
        if isinstance(model, str):
            found[model, getattr(part, "base_url", None)] = None
        parts += _parts_of(part)
    return list(found)


def _parts_of(part: Any) -> list[Any]:
    """What a Runnable or a model is made of: Runnables, also in lists and dicts."""
    if isinstance(part, Mapping):
        return list(part.values())
    if isinstance(part, (list, tuple)):
        return list(part)
    is_made_of_parts = any(hasattr(part, name) for name in ("ainvoke", "achat"))
    return list(getattr(part, "__dict__", {}).values()) if is_made_of_parts else []
