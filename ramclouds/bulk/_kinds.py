"""What a row may be: a line of OpenAI's Batch format, a body, a prompt, or columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ramclouds._wire.chat.request_body import body_from
from ramclouds._wire.embeddings.request_body import embeddings_body
from ramclouds.bridge.body_fields import BodyFields, merged
from ramclouds.bulk._needs import chat_need, embed_need, invoke_need
from ramclouds.bulk._options import Options
from ramclouds.bulk._rows import Kind
from ramclouds.bulk._sources import MAPPINGS
from ramclouds.bulk._template import Template

# What a row may set: the rest of `Params` is about how the client asks, and about headers.
_ROW_FIELDS = frozenset(
    {
        *BodyFields.__annotations__,
        *("tools", "tool_choice", "parallel_tool_calls", "response_format", "metadata"),
    }
)
_EMBED_FIELDS = frozenset({"dimensions", "user"})
BODY_FIELDS = _ROW_FIELDS | _EMBED_FIELDS | {"extra_body"}
"""Settings of a run that are a part of each body; the others say how it is asked for."""
_BESIDE_PROMPT = _ROW_FIELDS | {"model"}
_BESIDE_INPUT = _EMBED_FIELDS | {"model"}
_NOT_SENT = frozenset({"custom_id", "stream", "stream_options"})
# All that is read of a table: its other columns are data.
_COLUMNS = frozenset({"custom_id", "body", "messages", "prompt", "input", "model", "url", "method"})
_CHAT_URL = "/v1/chat/completions"
_EMBED_URL = "/v1/embeddings"


def chat_kind(options: Options, params: Mapping[str, Any]) -> Kind:
    """Rows as requests for completions."""
    body_from(options.model or "any", [{"role": "user", "content": ""}], params)
    read = partial(_chat_body, template=options.template(), is_table=options.has_table())
    in_all = partial(_with_settings, options.model, _in_body(params, _ROW_FIELDS))
    return Kind(read, in_all, _check_chat, chat_need)


def embed_kind(options: Options, params: Mapping[str, Any]) -> Kind:
    """Rows as texts to embed."""
    embeddings_body(options.model or "any", "any", None, params)
    read = partial(_embed_body, template=options.template(), is_table=options.has_table())
    in_all = partial(_with_settings, options.model, _in_body(params, _EMBED_FIELDS))
    return Kind(read, in_all, _check_embed, embed_need)


def invoke_kind(options: Options) -> Kind:
    """Rows as what a chain, a model or a function is called with."""
    read = partial(_invoke_input, template=options.template())
    return Kind(read, _same, _same, invoke_need)


def chat_arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as arguments of `complete`: what it does not know goes into `extra_body`."""
    return _arguments(body, _ROW_FIELDS | {"model", "messages"})


def embed_arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as arguments of `embed`."""
    return _arguments(body, _EMBED_FIELDS | {"model", "input"})


def _arguments(body: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    arguments = {name: value for name, value in body.items() if name in known}
    extra = {name: value for name, value in body.items() if name not in known}
    return {**arguments, "extra_body": extra} if extra else arguments


def _in_body(params: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """The settings of the run that are fields of the body: they are a part of each row's key."""
    fields = {name: value for name, value in params.items() if value is not None and name in names}
    return {**fields, **(params.get("extra_body") or {})}


def _with_settings(
    model: str | None, settings: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a row over the settings of the run: the row wins."""
    body = merged(settings, own) if settings else {**own}
    if None in body.values() or "extra_body" in body:
        body.update(body.pop("extra_body", {}))
        body = {name: value for name, value in body.items() if value is not None}
    if "model" not in body:
        if model is None:
            raise ValueError("has no model. Pass model=..., or write one into its body.")
        body["model"] = model
    return body


def _check_chat(body: Mapping[str, Any]) -> None:
    arguments = chat_arguments(body)
    body_from(arguments.pop("model"), arguments.pop("messages", ()), arguments)


def _check_embed(body: Mapping[str, Any]) -> None:
    arguments = embed_arguments(body)
    embeddings_body(arguments.pop("model"), arguments.pop("input", ()), None, arguments)


def _chat_body(value: Any, *, template: Template | None, is_table: bool) -> dict[str, Any]:
    if template is not None:
        return _prompted(template.fill(_columns(value)))
    if isinstance(value, str):
        return _prompted(value)
    if isinstance(value, list):
        return {"messages": value}
    fields = _fields(value, is_table=is_table)
    if "body" in fields:
        return _line_body(fields, _CHAT_URL)
    if "messages" in fields:
        return {name: one for name, one in fields.items() if name not in _NOT_SENT}
    if isinstance(fields.get("prompt"), str):
        known = {name: one for name, one in fields.items() if name in _BESIDE_PROMPT}
        return {**known, **_prompted(fields["prompt"])}
    raise ValueError(_no_request(fields, "prompt, messages or body"))


def _embed_body(value: Any, *, template: Template | None, is_table: bool) -> dict[str, Any]:
    if template is not None:
        return {"input": template.fill(_columns(value))}
    if isinstance(value, str):
        return {"input": value}
    fields = _fields(value, is_table=is_table)
    if "body" in fields:
        return _line_body(fields, _EMBED_URL)
    for name in ("input", "prompt"):
        if name in fields:
            known = {name: one for name, one in fields.items() if name in _BESIDE_INPUT}
            return {**known, "input": fields[name]}
    raise ValueError(_no_request(fields, "input or body"))


def _invoke_input(value: Any, *, template: Template | None) -> Any:
    if template is not None:
        return template.fill(_columns(value))
    if not isinstance(value, MAPPINGS):
        return value
    body = value.get("body")
    if isinstance(body, MAPPINGS) and "messages" in body:
        # The other fields of a request are settings of what is invoked.
        return body["messages"]
    fields = {name: one for name, one in value.items() if name != "custom_id"}
    for name in ("prompt", "messages"):
        if fields.keys() == {name}:
            return fields[name]
    return fields


def _same(value: Any) -> Any:
    return value


def _prompted(prompt: str) -> dict[str, Any]:
    if not prompt.strip():
        raise ValueError("has an empty prompt.")
    return {"messages": [{"role": "user", "content": prompt}]}


def _columns(value: Any) -> Mapping[str, Any] | str:
    if isinstance(value, (str, *MAPPINGS)):
        return value
    raise ValueError(f"is no object: {value!r:.80}. A template needs columns.")


def _fields(value: Any, *, is_table: bool) -> dict[str, Any]:
    if not isinstance(value, MAPPINGS):
        raise ValueError(f"is no text and no object: {value!r:.80}.")
    present = {name: one for name, one in value.items() if one is not None}
    return {name: present[name] for name in present.keys() & _COLUMNS} if is_table else present


def _line_body(line: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The body of a line of OpenAI's Batch input."""
    body = line["body"]
    if not isinstance(body, MAPPINGS):
        raise ValueError(f"has a body that is no object: {body!r:.80}.")
    if line.get("method", "POST") != "POST" or line.get("url", url) != url:
        asked = f"{line.get('method', 'POST')} {line.get('url', url)}"
        raise ValueError(f"asks for {asked}, but this run sends POST {url}.")
    return {name: one for name, one in body.items() if name not in _NOT_SENT}


def _no_request(fields: Mapping[str, Any], wanted: str) -> str:
    names = ", ".join(map(repr, fields)) or "nothing"
    return (
        f"has no {wanted}, but {names}. Name its columns in a template, as in "
        "prompt='Translate: {text}'."
    )
