"""A gateway on loopback for all layers of tests; shares nothing with the code under test.

    with Gateway() as gateway:              # or the fixture `gateway`
        gateway.reply(Json(completion("Hi")))              # queue: one answer per request
        gateway.reply(Sse(text_chunks("Hello world")))     # each event an HTTP chunk of its own
        gateway.reply(Json(error("slow down"), 429, {"Retry-After": "7"}))
        gateway.handler = lambda request: Json(completion(request.json["model"]))
        # neither queue nor handler: `gateway.model`, a ScriptedModel, answers sensibly
        Client(api_key="test-key", base_url=gateway.base_url)

What came in: `requests` (`Request`: method, path, headers, body, json, key, connection), `last`,
`bodies`, `connections`, `open_connections`; `wait_closed()`, `wait_idle()`, `wait_requests(n)`.

Answers: `Json`, `Body` (any bytes), `Sse`, `Raw` (status line and all, as cut), `WireCase`
(`as_is`, `whole`, `bytes`), `Hang(stage)`, `Drop(stage, how)`, `Drip(answer)`, `Endless(event)`.
In an `Sse`, `Gate()` waits until the test calls `gate.open()`, `Stall()` until the client goes.

Connections: kept alive; `close_idle()` closes those that wait, `go_stale()` lets every connection
of now die at its next request. `Gateway(tls=context)` speaks TLS; `Proxy()` is a forward proxy.

`OfflineGateway` answers without a socket: for what does not depend on how bytes travel.

Bodies: `completion`, `choice`, `message`, `call`, `usage`, `embedded`, `error`; events:
`text_chunks`, `tool_chunks`, `chunk`, `usage_chunk`. `is_documented(body)`: nothing but what
RamClouds documents.
"""

from tests.gateway.corpus import CUTS, WireCase, manifest
from tests.gateway.documented import is_documented
from tests.gateway.embeddings import embedded, vector_of
from tests.gateway.events import (
    call,
    choice,
    chunk,
    completion,
    error,
    message,
    text_chunks,
    tool_chunks,
    usage,
    usage_chunk,
    words,
)
from tests.gateway.faults import Drop, Hang
from tests.gateway.offline import OfflineGateway
from tests.gateway.proxy import Proxy
from tests.gateway.request import Headers, Request
from tests.gateway.responses import (
    GATEWAY_HEADERS,
    REQUEST_ID,
    Body,
    Drip,
    Endless,
    Gate,
    Json,
    Pause,
    Raw,
    Response,
    Sse,
    Stall,
    encoded,
    head,
    http_chunk,
)
from tests.gateway.scripted import MODELS, ScriptedModel, calls_in_turn
from tests.gateway.server import Gateway

__all__ = [
    "CUTS",
    "GATEWAY_HEADERS",
    "MODELS",
    "REQUEST_ID",
    "Body",
    "Drip",
    "Drop",
    "Endless",
    "Gate",
    "Gateway",
    "Hang",
    "Headers",
    "Json",
    "OfflineGateway",
    "Pause",
    "Proxy",
    "Raw",
    "Request",
    "Response",
    "ScriptedModel",
    "Sse",
    "Stall",
    "WireCase",
    "call",
    "calls_in_turn",
    "choice",
    "chunk",
    "completion",
    "embedded",
    "encoded",
    "error",
    "head",
    "http_chunk",
    "is_documented",
    "manifest",
    "message",
    "text_chunks",
    "tool_chunks",
    "usage",
    "usage_chunk",
    "vector_of",
    "words",
]
