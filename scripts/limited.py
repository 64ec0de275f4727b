"""A gateway on loopback that refuses what is above its limit, in the ways that gateways do.

    python -m scripts.limited --rate 50 --burst 10 --refuse empty

`GET /stats` says what was accepted and refused, and how long it took.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import deque
from time import monotonic
from typing import Any

_ANSWER = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()


def _error(message: str, code: str = "rate_limit_exceeded") -> bytes:
    error = {"message": message, "type": "new_api_error", "param": "", "code": code}
    return json.dumps({"error": error}, ensure_ascii=False).encode()


def _refusals(minute: int) -> dict[str, tuple[str, str, bytes]]:
    """Status, headers and body by kind; New API's words name a limit of a minute."""
    words = f"您已达到总请求数限制：1分钟内最多请求{minute}次，包括失败次数"  # noqa: RUF001
    reset = "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 200ms\r\n"
    return {
        "json": ("429 Too Many Requests", "", _error("rate limited")),
        "empty": ("429 Too Many Requests", "", b""),
        "retry-after": ("429 Too Many Requests", "Retry-After: 1\r\n", _error("rate limited")),
        "x-ratelimit": ("429 Too Many Requests", reset, _error("rate limited")),
        "words": ("429 Too Many Requests", "", _error(words, "")),
        "busy": (
            "503 Service Unavailable",
            "",
            _error("system cpu overloaded", "system_cpu_overloaded"),
        ),
    }


class Limit:
    """What is accepted at a moment."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._rates = [tuple(map(float, part.split(":"))) for part in args.rate.split(",")]
        self._burst = self._tokens = args.burst
        self._window = tuple(map(float, args.window.split("/"))) if args.window else None
        self._is_fixed, self._most = args.fixed, args.cap
        self._log: deque[float] = deque()
        self._at = 0.0
        self.in_flight = 0

    def takes(self, now: float) -> bool:
        """Whether one more is accepted; `now` is 0 at the first request."""
        if self._most and self.in_flight >= self._most:
            return False
        if self._window is not None:
            return self._has_place(now, *self._window)
        rate = [one[-1] for one in self._rates if len(one) == 1 or one[0] <= now][-1]
        self._tokens = min(self._burst, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _has_place(self, now: float, count: float, seconds: float) -> bool:
        oldest = now // seconds * seconds if self._is_fixed else now - seconds
        while self._log and self._log[0] <= oldest - (1e-9 if self._is_fixed else 0.0):
            self._log.popleft()
        if len(self._log) >= count:
            return False
        self._log.append(now)
        return True


class State:
    """The limit, and what has happened."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.limit = Limit(args)
        self.latency: float = args.latency
        minute = int(args.window.split("/")[0]) if args.window else 3000
        self.refusal = _refusals(minute)[args.refuse]
        self.accepted = self.refused = self.most = 0
        self.first: float | None = None
        self.last = 0.0

    def takes(self) -> bool:
        """Whether the request that has come is accepted."""
        now = monotonic()
        self.first = now if self.first is None else self.first
        if not self.limit.takes(now - self.first):
            self.refused += 1
            return False
        self.last = now - self.first
        self.accepted += 1
        self.limit.in_flight += 1
        self.most = max(self.most, self.limit.in_flight)
        return True

    def stats(self) -> bytes:
        """What has happened, as JSON."""
        names = ("accepted", "refused", "most", "last")
        found = {name: getattr(self, name) for name in names}
        return json.dumps({**found, "in_flight": self.limit.in_flight}).encode()


class Connection(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            size = end + 4 + int(length or 0)
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._answer(is_stats=head.startswith(b"get /stats"))

    def _answer(self, *, is_stats: bool) -> None:
        if is_stats:
            self._write("200 OK", "", self._state.stats())
        elif self._state.takes():
            asyncio.get_running_loop().call_later(self._state.latency, self._complete)
        else:
            self._write(*self._state.refusal)

    def _complete(self) -> None:
        self._state.limit.in_flight -= 1
        if not self._transport.is_closing():
            self._write("200 OK", "", _ANSWER)

    def _write(self, status: str, headers: str, body: bytes) -> None:
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"HTTP/1.1 {status}\r\nX-Oneapi-Request-Id: 1\r\n{kind}{headers}"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.limited", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", default="50", help="a second; 0:50,10:10 changes after 10 s")
    parser.add_argument("--burst", type=float, default=10.0)
    parser.add_argument("--window", help="60/2.4: so many in so many seconds")
    parser.add_argument("--fixed", action="store_true", help="the window is one of the clock")
    parser.add_argument("--cap", type=int, default=0, help="so many in flight")
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--refuse", default="json", choices=sorted(_refusals(0)))
    return parser.parse_args()


async def _serve(args: argparse.Namespace) -> None:
    state, loop = State(args), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(state), "127.0.0.1", args.port, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
