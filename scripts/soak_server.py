"""The server of `scripts.soak`: the content of a message names the response and its fault."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line[15:])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            body = json.loads(await reader.readexactly(length))
            if not await _respond(writer, body["messages"][0]["content"], body.get("stream")):
                break
    writer.close()


async def _respond(writer: asyncio.StreamWriter, content: str, is_stream: bool) -> bool:
    """Responds as the request says; whether the connection lives on."""
    name, fault = content.split()
    if fault == "slow":
        await asyncio.sleep(random.uniform(0, 0.01))
    writer.write(_damaged(_stream(name) if is_stream else _whole(name), fault))
    await writer.drain()
    if fault == "late_poison":
        writer.write(_whole("POISON"))
    if fault == "reset":
        writer.transport.abort()
    if fault in {"late_408", "late_close"}:
        await asyncio.sleep(0.002)
        writer.write(_TOO_LATE if fault == "late_408" else b"")
    return fault not in {"drop", "half", "reset", "late_close", "late_408"}


_TOO_LATE = b"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def _damaged(data: bytes, fault: str) -> bytes:
    damaged = {
        "informational": b"HTTP/1.1 103 Early\r\n\r\n" + data,
        "poison": data + _whole("POISON"),
        "refused": b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
        "broken": data.replace(b"HTTP/1.1", b"HXXP", 1),
        "drop": b"",
        "half": data[: len(data) // 2],
        "reset": data[: len(data) // 2],
    }
    return damaged.get(fault, data)


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _stream(text: str) -> bytes:
    events = [
        {"id": "x", "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in text
    ]
    events.append({"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    lines = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    chunks = [b"%x\r\n%b\r\n" % (len(line), line) for line in [*lines, b"data: [DONE]\n\n"]]
    return _EVENTS + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"


async def _server() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_server())
