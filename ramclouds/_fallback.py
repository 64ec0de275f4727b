"""Which model of a call is asked next, where one cannot complete it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from time import monotonic
from typing import Any, TypeAlias

from ramclouds._request import Request
from ramclouds._resting import RESTS
from ramclouds._settings import TimeoutSetting
from ramclouds._wire.chat.request_body import Message
from ramclouds.bridge.outcome import is_native_refused
from ramclouds.bridge.settings import hide_headers
from ramclouds.errors import (
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    ContentFilterError,
    EmptyResponseError,
    ModelUnavailableError,
    ProviderAccountError,
    RamCloudsError,
    RateLimitError,
    ResponseError,
    ServerError,
    StreamError,
)

MakeRequest: TypeAlias = Callable[
    [str, Sequence[Message], TimeoutSetting | None, Mapping[str, Any]], Request
]

logger = logging.getLogger("ramclouds")

_OF_MODEL = (ModelUnavailableError, ProviderAccountError, ServerError, StreamError)
_OF_REQUEST = (BadRequestError, ConfigurationError)
LONG_WAIT = 10.0
"""Seconds that a provider may ask to wait; for more another model is asked."""


class Fallbacks:
    """The models of one call: the one that is asked now, and those that are left."""

    def __init__(
        self, model: str, others: Sequence[str], account: Hashable, max_retries: int
    ) -> None:
        self.make: MakeRequest
        self.params: dict[str, Any]
        """The keywords of the call, for the model that is asked now."""
        self.is_by_hand = False
        """The client fits no request to its model, unless the call says so."""
        self.params_for: Callable[[str], Mapping[str, Any]] | None = None
        """The keywords for another model, where more than the model differs."""
        self._wanted = model
        self._account = account
        models = (model, *(other for other in others if other != model))
        self.model, *self._left = RESTS.order(account, models, monotonic())
        self._errors: dict[str, RamCloudsError] = {}
        self.max_retries = max_retries
        """How often the model that is asked now is retried."""
        self._refusals = 0

    @property
    def stands_in_for(self) -> str | None:
        """The model that the user asked for, where another one is asked."""
        return None if self.model == self._wanted else self._wanted

    def request(self) -> Request:
        """The request for the model that is asked now."""
        params = {name: value for name, value in self.params.items() if name != "model"}
        if self.stands_in_for is not None and self.is_by_hand and params.get("dialect") is None:
            # A user who fits requests by hand fits them to the first model.
            params["dialect"] = "auto"
        hide_headers(params)
        return self.make(self.model, params.pop("messages"), params.pop("timeout", None), params)

    def is_hasty(self, error: RamCloudsError) -> bool:
        """Whether another model is asked before this one is asked again.

        That is so where the provider asks for a long wait, or refuses for its rate repeatedly.
        """
        if not (self._left and isinstance(error, RateLimitError) and error.from_provider):
            return False
        self._refusals += 1
        return (error.retry_after or 0.0) > LONG_WAIT or self._refusals > self.max_retries

    def turns(self, error: RamCloudsError) -> bool:
        """Whether another model is asked after an error, from now on."""
        is_stand_in = self.model != self._wanted
        may_help = _is_of_model(error) or _is_empty(error)
        if not may_help and not (is_stand_in and _is_of_request(error)):
            return False
        self._errors[self.model] = error
        if _is_of_model(error):
            # Not for an empty completion: it may be about this one prompt.
            RESTS.begin(self._account, self.model, monotonic(), error.retry_after)
        if not self._left:
            return False
        failed, self.model = self.model, self._left.pop(0)
        self._refusals, self.max_retries = 0, min(self.max_retries, 1)
        if self.params_for is not None:
            self.params = dict(self.params_for(self.model))
        what = (failed, type(error).__name__, error.request_id, self.model)
        logger.warning("%s: %s (request id %s); %s is asked instead", *what)
        return True

    def last(self, error: RamCloudsError) -> RamCloudsError:
        """The error to raise where `error` was the last one; its message says what each model did.

        It is the error of the model that the user asked for, as it would be without fallbacks,
        unless the last one is about the call as a whole.
        """
        if not self._errors.keys() - {self.model}:
            return error
        is_about_call = self.model not in self._errors or is_native_refused(error)
        raised = error if is_about_call else self._errors.get(self._wanted, error)
        errors = {**self._errors, self.model: error}
        listed = [f"{model}: {type(one).__name__}: {one}" for model, one in errors.items()]
        raised.message = f"No model completed the call. {'; '.join(listed)}"
        raised.args = (raised.message,)
        return raised


def _is_of_model(error: RamCloudsError) -> bool:
    """Whether another model may complete the call, since this one or its provider fails."""
    if isinstance(error, RateLimitError):
        # The gateway's own limit counts for all models.
        return error.from_provider
    if isinstance(error, APITimeoutError):
        # The gateway took the request and did not respond: a 524 means the same.
        return not error.retryable
    return isinstance(error, _OF_MODEL)


def _is_empty(error: RamCloudsError) -> bool:
    """Whether nothing came: a completion without content, or a response without a body."""
    is_bare = isinstance(error, ResponseError) and error.retryable
    return is_bare or isinstance(error, EmptyResponseError)


def _is_of_request(error: RamCloudsError) -> bool:
    """Whether a model refused what another one may take."""
    return isinstance(error, _OF_REQUEST) and not isinstance(error, ContentFilterError)
