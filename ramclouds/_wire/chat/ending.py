"""What the end of a response proves: that it is whole, cut off, failed, or nothing at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from ramclouds._wire.fields import as_count
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.outcome import limited_message
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.prepare import Prepared
from ramclouds.models import model_facts
from ramclouds.types import Usage

logger = logging.getLogger("ramclouds")

# DeepSeek, GLM and OpenRouter send these where the provider gave up in the middle.
FAILED = frozenset({"error", "network_error", "insufficient_system_resource"})

CUT_OFF = (
    "The response was cut off: it carries no input_tokens, as this model's whole responses do. "
    "What had arrived is in error.partial. Send the request again."
)
FILTERED = (
    "The response is empty and says content_filter: the provider's filter blocked it, or the "
    "model wrote a malformed tool call. Send the request again, or change the messages."
)
NOTHING = (
    "The response is empty: only a count of tokens came. Send the request again, with stream() "
    "in place of complete() or the other way round."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the response to one request: its settings, and what is known of its model."""

    think_tags: bool = False
    images_in_text: ImagesInText = "text"
    model: str = ""
    has_tools: bool = False
    has_usage: bool = True
    """Whether the usage was asked for."""
    counting: set[str] = field(default_factory=set)
    """The models of this base URL whose converted responses have carried `input_tokens`."""
    base_url: str = ""
    stands_in_for: str | None = None
    """The model that the user asked for, where another one was asked in its place."""
    prepared: Prepared = field(default_factory=partial(Prepared, {}))
    """The request, and how what comes back is read."""

    def billed(self, usage: Usage | None) -> None:
        """Notes in a usage whose price it has: the gateway bills by the name in the request."""
        if usage is not None:
            usage._billed_as = (self.base_url, self.model)

    @property
    def own_model(self) -> str | None:
        """The model of a response that names none, where it is not the one that the user named."""
        return self.model if self.stands_in_for is not None else None

    def _is_rewritten(self, model: str | None) -> bool:
        """Whether the gateway wrote id and finish reason, by either name of the model."""
        return dialect_for(self.model).is_rewritten or dialect_for(model or "").is_rewritten

    def facts(self, model: str | None, finish_reason: str | None) -> dict[str, Any]:
        """What the request says of the completion.

        `requested_model` is there where the response names a model of another family: what it wrote
        goes back to the one that was asked. `token_limit` is whose limit cut it off: the gateway's.
        `fallback_from` is the model that the user asked for, where another one completed the call.
        """
        facts: dict[str, Any] = {}
        if model_facts(self.model).family != model_facts(model or self.model).family:
            facts["requested_model"] = self.model
        if self.stands_in_for is not None:
            facts["fallback_from"] = self.stands_in_for
        limit = self.prepared.token_limit
        if finish_reason == "length" and limit is not None:
            facts["token_limit"] = limit
            logger.warning("%s: %s", self.model, limited_message(limit))
        return facts

    def proof(
        self,
        completion_id: str | None,
        model: str | None,
        request_id: str | None,
        usage: Usage | None,
    ) -> Literal["whole", "unproven", "cut"]:
        """What the usage proves of a response that has a finish reason.

        The gateway converts some channels to the Responses API. There it invents the finish reason
        of a cut response, but `input_tokens` stays 0: they come with the provider's last event.
        Some providers never send them, so 0 proves a cut only for a model that has sent some.
        """
        if not is_gateway_id(completion_id, request_id) or self._is_rewritten(model):
            return "whole"
        if usage is not None and as_count(usage.raw.get("input_tokens")):
            self.counting.add(self.model)
            return "whole"
        if self.has_usage and self.model in self.counting:
            return "cut"
        logger.debug("%s may be cut off: it carries no input_tokens", completion_id)
        return "unproven"

    def may_be_malformed_call(self, finish_reason: str | None, model: str | None) -> bool:
        """Whether an empty response that says "filtered" may be a malformed tool call.

        Where the gateway writes the finish reason, it is content_filter for both.
        """
        return finish_reason == "content_filter" and self.has_tools and self._is_rewritten(model)


def is_gateway_id(completion_id: str | None, request_id: str | None) -> bool:
    """Whether the gateway made the id itself: for Gemini, and for converted channels."""
    return bool(request_id) and completion_id == f"chatcmpl-{request_id}"


def failure_of(choice: Mapping[str, Any]) -> Any:
    """The error in a choice, as an error body or as the finish reason that says so; or None."""
    error = choice.get("error")
    if error:
        return {"error": error}
    reason = choice.get("finish_reason")
    return reason if isinstance(reason, str) and reason in FAILED else None


def broken_off(reason: str) -> str:
    """The message for a finish reason that says that the provider gave up."""
    return (
        f"The provider broke the response off (finish reason {reason}). What had arrived is in "
        "error.partial. Send the request again."
    )
