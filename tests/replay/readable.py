"""How cassettes are written: plain YAML in which a body stands as the text it was."""

from __future__ import annotations

from typing import Any

import yaml

# Names alone could hide a secret in their values: what is not listed is not kept.
KEPT_REQUEST_HEADERS = frozenset({"accept", "content-type"})
KEPT_RESPONSE_HEADERS = frozenset(
    {"content-type", "retry-after", "server", "x-new-api-version", "x-oneapi-request-id"}
)
# llama.cpp's port is another one each time; a cassette says nothing by it.
STABLE_HOST = "http://127.0.0.1:8080"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes text of several lines as a block, line by line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def serialize(cassette: dict[str, Any]) -> str:
    """The file's text."""
    text: str = yaml.dump(
        cassette, Dumper=_Dumper, width=1_000_000, allow_unicode=True, sort_keys=False
    )
    return text


def deserialize(text: str) -> Any:
    """What `serialize` wrote."""
    return yaml.safe_load(text)


def kept_request(request: Any) -> Any:
    """A request without its secrets, and without the port of the day."""
    for name in list(request.headers):
        if name.lower() not in KEPT_REQUEST_HEADERS:
            del request.headers[name]
    if request.host == "127.0.0.1":
        request.uri = STABLE_HOST + request.path
    return request


def kept_response(response: dict[str, Any]) -> dict[str, Any]:
    """A response with the headers that say something about the server."""
    headers = {
        name.lower(): values
        for name, values in response["headers"].items()
        if name.lower() in KEPT_RESPONSE_HEADERS
    }
    return {**response, "headers": dict(sorted(headers.items()))}
