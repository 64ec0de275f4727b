"""A body read whole to the value that was asked for, or its error. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from ramclouds._failures.error_body import is_error_body
from ramclouds._failures.from_response import response_error
from ramclouds._failures.response_head import ResponseHead
from ramclouds._json.parsing import MalformedError, parse
from ramclouds._stream.accumulator import Accumulator
from ramclouds._stream.arguments import read_arguments
from ramclouds._stream.reader import StreamReader
from ramclouds._stream.stops import cut_choice
from ramclouds._stream.think_tags import split_think_tags
from ramclouds._wire.chat.completion import (
    EmptyChoiceError,
    choices_in,
    completion_from_choices,
    partial_completion,
)
from ramclouds._wire.chat.ending import CUT_OFF, FILTERED, Reading, broken_off, failure_of
from ramclouds._wire.chat.extra import with_pictures
from ramclouds._wire.chat.tool_calls import with_users_names
from ramclouds._wire.models import to_models
from ramclouds._wire.sse import looks_like_events
from ramclouds.bridge.pictures import split_pictures
from ramclouds.errors import ContentFilterError, ResponseError, StreamTruncatedError
from ramclouds.types import Choice, Completion, Model

T = TypeVar("T")

# Longer than any completion; New API's own limit for one line of a stream is half of it.
MAX_RESPONSE_BYTES = 256 * 1024 * 1024
MAX_ERROR_BYTES = 1024 * 1024
# Content-Type is often wrong, so the first bytes say whether a body is an event stream.
_PREFIX = 64
_ENDS_WITH_DONE = re.compile(rb"(?:^|[\r\n])data: ?\[DONE\]\s*$")


class Body:
    """The bytes of a response's body, as far as they came."""

    def __init__(self, response: httpx.Response) -> None:
        self.is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        self._most = MAX_RESPONSE_BYTES if response.is_success else MAX_ERROR_BYTES
        self._parts: list[bytes] = []
        self._size = 0
        self._tail = b""
        self.is_too_long = False

    def add(self, part: bytes) -> bool:
        """Takes in a part; whether more is wanted."""
        is_beginning = self._size < _PREFIX
        self._parts.append(part)
        self._size += len(part)
        if is_beginning and not self.is_stream:
            # Looks at all that came: the first read may give one byte.
            self.is_stream = looks_like_events(b"".join(self._parts))
        if self._size > self._most:
            self.is_too_long = True
            return False
        # As in a stream, what follows the end marker is not waited for.
        self._tail = (self._tail + part[-32:])[-32:]
        return not (self.is_stream and _ENDS_WITH_DONE.search(self._tail))

    def content(self) -> bytes:
        """The whole body, or the part up to which it was wanted."""
        return b"".join(self._parts)[: self._most]


def completion_from(head: ResponseHead, body: Body, reading: Reading) -> Completion:
    """The completion in a body, JSON or, where the gateway streamed it, events.

    Raises:
        RamCloudsError: there is none.
    """
    if body.is_too_long:
        text = f"The response is longer than {MAX_RESPONSE_BYTES} bytes, and was not read further."
        raise ResponseError(head.message(text), request_id=head.request_id)
    content = body.content()
    try:
        parsed = parse(content)
    except MalformedError:
        if body.is_stream:
            return _streamed_completion(head, content, reading)
        partial = partial_completion(content, head.request_id)
        raise response_error(head, content, None, partial=partial) from None
    choices = choices_in(parsed)
    completion, broken = _completion_of(choices, parsed, head, reading)
    failure = next(filter(None, map(failure_of, choices)), None)
    if isinstance(failure, dict):
        raise response_error(head, content, failure, partial=completion)
    if completion is None or not completion.choices:
        raise response_error(head, content, parsed, partial=completion, broken=broken)
    _check_end(head, completion, failure, reading)
    for choice in completion.choices:
        _finish(choice, reading)
    return completion


def _finish(choice: Choice, reading: Reading) -> None:
    if reading.think_tags:
        choice.text, inline = split_think_tags(choice.text)
        choice.reasoning += inline
    if reading.images_in_text == "block":
        choice.text, pictures = split_pictures(choice.text)
        choice.extra = with_pictures(choice.extra, pictures)
    if reading.prepared.stop:
        cut_choice(choice, reading.prepared.stop)


def _completion_of(
    choices: list[dict[str, Any]], parsed: Any, head: ResponseHead, reading: Reading
) -> tuple[Completion | None, str]:
    """The completion in a body, if there is one, and what in it cannot be read."""
    if not isinstance(parsed, dict) or is_error_body(parsed):
        return None, ""
    try:
        completion = completion_from_choices(choices, parsed, head.request_id)
    except EmptyChoiceError:
        return None, ""
    except MalformedError as exc:
        return None, str(exc)
    reading.billed(completion.usage)
    prepared = reading.prepared
    if prepared.tool_names:
        with_users_names(completion, prepared.tool_names)
    if prepared.arguments:
        read_arguments(completion, prepared.arguments)
    return completion, ""


def _check_end(
    head: ResponseHead, completion: Completion, failure: str | None, reading: Reading
) -> None:
    choice = completion.choices[0]
    is_empty = not (
        choice.text
        or choice.reasoning
        or choice.refusal
        or choice.tool_calls
        or choice.invalid_tool_calls
    )
    if failure is not None:
        text = broken_off(failure)
        raise head.error(StreamTruncatedError, text, partial=completion, retryable=is_empty)
    model = completion.model
    proof = reading.proof(completion.id, model, head.request_id, completion.usage)
    if proof == "cut":
        raise head.error(StreamTruncatedError, CUT_OFF, partial=completion, retryable=is_empty)
    if is_empty and reading.may_be_malformed_call(choice.finish_reason, model):
        raise head.error(ContentFilterError, FILTERED, partial=completion, retryable=True)
    completion.model = model or reading.own_model or ""
    completion.unproven = proof == "unproven"
    completion.facts |= reading.facts(model, choice.finish_reason)


def _streamed_completion(head: ResponseHead, content: bytes, reading: Reading) -> Completion:
    reader = StreamReader(head, reading)
    accumulator = Accumulator()
    step = reader.feed(content)
    steps = [step] if reader.is_over else [step, reader.close()]
    for chunks, error in steps:
        if error is not None:
            raise error
        for chunk in chunks:
            accumulator.add(chunk)
    return accumulator.completion()


def account_value_from(head: ResponseHead, body: Body, to_value: Callable[[Any], T]) -> T:
    """What the gateway reports on its models, on a key, on its credit or on itself.

    Raises:
        RamCloudsError: it reports nothing.
    """
    content = body.content()
    parsed = None
    try:
        parsed = parse(content)
        return to_value(parsed)
    except MalformedError:
        raise response_error(head, content, parsed, partial=None) from None


def models_in(body: Any) -> list[Model]:
    """The models of a list that is no error body: such a body can hold an empty list."""
    if is_error_body(body):
        raise MalformedError("an error body")
    return to_models(body)
