"""Signs that a gateway dropped what was asked for natively."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ramclouds._json.repair import is_json, repaired
from ramclouds.bridge.json_text import json_values
from ramclouds.bridge.tools import forced_name, is_forced
from ramclouds.errors import BadRequestError, ContentFilterError, ContextLengthError
from ramclouds.types import Completion

_NATIVE = re.compile(
    r"\b(tools?|tool_choice|function[_ -]?call\w*|functions|response_format|json_schema)\b", re.I
)


def missing_forced_call(tool_choice: Any, completion: Completion) -> bool:
    """Whether a call was forced and the answer, complete as it is, has none of the kind."""
    if not is_forced(tool_choice) or completion.refusal:
        return False
    if completion.finish_reason not in ("stop", "tool_calls"):
        return False
    name = forced_name(tool_choice)
    called = [call.name for call in completion.tool_calls]
    called += [call.name for call in completion.invalid_tool_calls]
    return not called if name is None else name not in called


def is_prose(response_format: Mapping[str, Any] | None, completion: Completion) -> bool:
    """Whether JSON was asked for and the answer, complete as it is, holds none."""
    if response_format is None or response_format.get("type") not in ("json_object", "json_schema"):
        return False
    if completion.finish_reason != "stop" or completion.tool_calls or completion.refusal:
        return False
    return not is_json(json_text(completion.text)) and not any(
        value.is_whole for value in json_values(completion.text)
    )


def is_native_refused(error: BadRequestError) -> bool:
    """Whether a request was refused for its `tools`, `tool_choice` or `response_format`."""
    # Both may name the tools: their tokens count, and a filter may stand for a malformed call.
    return not isinstance(error, (ContentFilterError, ContextLengthError)) and bool(
        _NATIVE.search(f"{error.message} {error.param}")
    )


def json_text(text: str) -> str:
    """The JSON in an answer: without a code fence or words around it, repaired where safe.

    An answer without JSON, or with several objects, comes back as it is.
    """
    if is_json(text.strip()):
        return text.strip()
    found = json_values(text)
    whole = [value for value in found if value.is_whole]
    likely = [value for value in whole if isinstance(value.value, dict)] or whole
    if likely:
        return likely[0].text if len(likely) == 1 else text
    closed = [value.text for value in found if value.text[-1] in "}]"]
    mended = [json.dumps(value, ensure_ascii=False) for value in map(repaired, closed) if value]
    return mended[0] if len(mended) == 1 else text
