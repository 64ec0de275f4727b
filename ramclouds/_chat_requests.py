"""What is sent for completions, whole and streamed, and how the responses are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds._attempts import Attempts
from ramclouds._base_client import BaseClient
from ramclouds._complete import completion_from
from ramclouds._fallback import Fallbacks, MakeRequest
from ramclouds._fitting import fitted
from ramclouds._request import Request
from ramclouds._settings import TimeoutSetting
from ramclouds._stream.reader import StreamReader
from ramclouds._wire.chat.ending import Reading
from ramclouds._wire.chat.request_body import (
    USAGE_FIELD,
    Message,
    body_from,
    can_be_streamed,
    gets_usage,
    make_streamed,
    stream_body_from,
)
from ramclouds.bridge.dialects import to_choice
from ramclouds.bridge.fallback_models import check_fallback_models
from ramclouds.bridge.prepare import Prepared
from ramclouds.bridge.settings import hide_headers
from ramclouds.types import Completion

_COMPLETIONS = "/chat/completions"
# For each base URL, the models whose converted responses have carried `input_tokens`: shared by all
# clients of the process, since it is a fact about the gateway's channels.
_COUNTING: defaultdict[str, set[str]] = defaultdict(set)


class ChatRequests(BaseClient):
    """What is sent for completions, and how the responses are read."""

    def _chat_attempts(
        self,
        make: MakeRequest,
        model: str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        hide_headers(params)
        fallbacks = self._fallbacks(model, params)
        if fallbacks is None:
            return self._attempts(make(model, messages, timeout, params))
        fallbacks.make, fallbacks.params = make, {**params, "timeout": timeout}
        fallbacks.params["messages"] = messages
        fallbacks.is_by_hand = self._settings.dialect is None
        return self._attempts(fallbacks.request(), fallbacks=fallbacks)

    def _fallbacks(self, model: str, params: Mapping[str, Any]) -> Fallbacks | None:
        """The models of one call; None where there is only one."""
        given = params.get("fallback_models", self._settings.fallback_models)
        if given is None or isinstance(given, Fallbacks):
            return given
        if "fallback_models" in params:
            check_fallback_models(given, model)
        if not given:
            return None
        key = hash(self._prepare()[0].get("authorization"))
        account = (self._settings.base_url, key)
        return Fallbacks(model, given, account, self._settings.max_retries)

    def _whole_request(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None,
        params: Mapping[str, Any],
    ) -> Request:
        request = self._request("POST", _COMPLETIONS, timeout, params)
        prepared = self._fit(request, body_from(model, messages, params), params)
        is_streamed = self._settings.stream_whole_calls or model in self._memory.streamed_models
        if (is_streamed or prepared.as_stream) and can_be_streamed(prepared.body):
            self._make_streamed(request, stream_usage=None)
        else:
            # OpenAI refuses it beside a whole request.
            prepared.body.pop(USAGE_FIELD, None)
        return request

    def _stream_request(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None,
        params: Mapping[str, Any],
    ) -> Request:
        request = self._request("POST", _COMPLETIONS, timeout, params)
        self._fit(request, stream_body_from(model, messages, params), params)
        self._make_streamed(request, stream_usage=params.get("stream_usage"))
        return request

    def _fit(self, request: Request, body: dict[str, Any], params: Mapping[str, Any]) -> Prepared:
        choice = to_choice(params.get("dialect")) or self._settings.dialect
        is_effortless = body["model"] in self._memory.effortless_models
        request.prepared = fitted(
            body, choice, self._settings.base_url, is_effortless=is_effortless
        )
        request.body = request.prepared.body
        return request.prepared

    def _make_streamed(self, request: Request, *, stream_usage: bool | None) -> None:
        assert request.body is not None
        request.optional_field = make_streamed(
            request.body, stream_usage=stream_usage, refused=self._memory.refused_fields
        )

    def _to_completion(self, attempts: Attempts) -> Completion:
        return completion_from(attempts.head(), attempts.body, self._reading(attempts))

    def _reader(self, attempts: Attempts) -> StreamReader:
        return StreamReader(attempts.head(), self._reading(attempts))

    def _reading(self, attempts: Attempts) -> Reading:
        prepared = attempts.request.prepared
        assert prepared is not None
        body = prepared.body
        return Reading(
            think_tags=self._settings.think_tags,
            images_in_text=self._settings.images_in_text,
            model=body["model"],
            has_tools=bool(body.get("tools")),
            has_usage=gets_usage(body),
            counting=_COUNTING[self._settings.base_url],
            base_url=self._settings.base_url,
            stands_in_for=attempts.fallbacks.stands_in_for if attempts.fallbacks else None,
            prepared=prepared,
        )
