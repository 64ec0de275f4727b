"""One request: what is sent, and what a refusal changes in it. Pure."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from ramclouds._failures.redact import Redactor
from ramclouds._wire.chat.request_body import can_be_streamed, make_streamed
from ramclouds.bridge.outcome import refuses_effort
from ramclouds.bridge.prepare import Prepared, without_effort
from ramclouds.errors import BadRequestError, RamCloudsError

logger = logging.getLogger("ramclouds")

# Codex: "Stream must be set to true"; Qwen3: "parameter.enable_thinking must be set to false for
# non-streaming calls"; QwQ: "This model only support stream mode".
_STREAM_ONLY = re.compile(
    r"stream must be (?:set to )?true|non-stream(?:ing)? (?:calls|requests)|only supports? stream"
    r"|only streaming is supported|stream ?= ?true is required",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Request:
    """What is sent, the same at each attempt."""

    method: str
    url: str
    headers: httpx.Headers
    timeout: httpx.Timeout
    redactor: Redactor
    stall_timeout: float | None = None
    total_timeout: float | None = None
    max_wait: float | None = None
    body: dict[str, Any] | None = None
    prepared: Prepared | None = None
    """How a response to the body is read."""
    optional_field: str | None = None
    """A key of the body that only we added: a refusal that names it has it taken out."""


@dataclass(slots=True)
class Memory:
    """What one client learns from refusals."""

    refused_fields: set[str] = field(default_factory=set)
    streamed_models: set[str] = field(default_factory=set)
    """Models that refuse whole calls."""
    effortless_models: set[str] = field(default_factory=set)
    """Models that refuse tools beside a reasoning effort."""


def log_changes(prepared: Prepared) -> None:
    """Logs what a request lost or was given for its model."""
    for change in prepared.changes:
        logger.debug("%s, changed for the model: %s", prepared.body["model"], change)
    for lost in prepared.lost:
        logger.info("%s, left out of the request: %s", prepared.body["model"], lost)


def changed_body(request: Request, memory: Memory, error: RamCloudsError) -> dict[str, Any] | None:
    """The body without the part that was refused, to be sent once more; None if nothing changes."""
    body = request.body
    if body is None or not isinstance(error, BadRequestError):
        return None
    for change in (_drop_field, _stream, _drop_effort):
        if change(request, body, memory, error):
            return body
    return None


def _drop_field(
    request: Request, body: dict[str, Any], memory: Memory, error: BadRequestError
) -> bool:
    """A refusal names a field that only we added."""
    name = request.optional_field
    if name is None or name not in f"{error.message} {error.__dict__.get('param')}":
        return False
    request.optional_field = None
    memory.refused_fields.add(name)
    body.pop(name, None)
    logger.info("%s is refused by %s; sent without it from now on", name, request.url)
    return True


def _stream(request: Request, body: dict[str, Any], memory: Memory, error: BadRequestError) -> bool:
    """The model takes streams only: the same is then asked for as a stream."""
    if "stream" in body or not can_be_streamed(body) or not _STREAM_ONLY.search(error.message):
        return False
    memory.streamed_models.add(body["model"])
    request.optional_field = make_streamed(body, stream_usage=None, refused=memory.refused_fields)
    logger.info("%s takes streams only; asked as a stream from now on", body["model"])
    return True


def _drop_effort(
    request: Request, body: dict[str, Any], memory: Memory, error: BadRequestError
) -> bool:
    """Tools are refused beside an effort that the user did not choose."""
    prepared = request.prepared
    if prepared is None or prepared.effort_beside_tools or not refuses_effort(error.message):
        return False
    if not without_effort(body):
        return False
    memory.effortless_models.add(body["model"])
    logger.info("%s takes no tools beside an effort; asked without one", body["model"])
    return True
