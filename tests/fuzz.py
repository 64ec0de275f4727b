"""A long run over mutated answers: `make fuzz`, for FUZZ_SECONDS (600 unless told).

Nothing but a `RamCloudsError` may come out, the answer must be the same at every cut, and nothing
may take long or much memory. Prints how many inputs were tried, and one
case of each finding; ends with 1 if there is any.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

from ramclouds import RamCloudsError
from tests.gateway import Gateway, Raw, manifest
from tests.gateway.corpus import body, parts
from tests.harness import TWINS, Calls, assert_complete, read
from tests.unit.offline import read_stream, read_whole, split_at

NAMES = [case["name"] for case in manifest()]
BODIES = [body(name) for name in NAMES]
SLOWEST = 5.0
"""Seconds that one input may take."""
HANGS = 20
"""Seconds after which an input is given up."""
TOKENS = [
    *(b"data:", b"data: ", b"\n\n", b"\r", b"\r\n", b": PING\n\n", b"event: error\n", b"[DONE]"),
    *(
        b"null",
        b"{}",
        b"[]",
        b'""',
        b"0",
        b"-1",
        b"1e999",
        b"NaN",
        b"true",
        b'"0"',
        b"\xef\xbb\xbf",
    ),
    *(
        b'"\\ud83d"',
        b'"\\udf0a"',
        b"\xff",
        b"\x00",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"\\",
    ),
    *(b'"error":', b'"choices":', b'"delta":', b'"index":', b'"tool_calls":', b'"finish_reason":'),
    *(b'"usage":', b'"content":', b'"message":', b'"function":', b'"arguments":', b'"id":""'),
    b'{"error":{"message":"x","code":"server_error"}}',
    b'{"choices":[{"index":0,"delta":{"role":"assistant","content":"y"},"finish_reason":"stop"}]}',
]


def mutated(rng: random.Random) -> bytes:
    """A body of the corpus with some of it changed, repeated, cut out, or mixed with another."""
    data = bytearray(rng.choice(BODIES))
    for _ in range(rng.choice((1, 1, 2, 3, 6, 12))):
        _mutate(data, rng)
    return bytes(data[:200_000])


def _mutate(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.choice((0, 1, 2, 8, 40, 400)))
    changes: list[Callable[[], bytes]] = [
        lambda: b"",
        lambda: rng.choice(TOKENS),
        lambda: rng.randbytes(end - start),
        lambda: bytes(data[start:end]) * rng.choice((2, 3, 50)),
        lambda: rng.choice(BODIES)[: rng.randrange(2000)],
        lambda: bytes(data[start:end][::-1]),
    ]
    data[start:end] = rng.choice(changes)()


def outcome(data: bytes, cuts: list[int]) -> str:
    """What a stream of these bytes comes to, written out: NaN is not equal to itself."""
    chunks: list[Any] = []
    try:
        for chunk in read_stream(split_at(data, cuts)):
            chunks.append(chunk)
    except RamCloudsError as exc:
        raw = exc.partial.raw if exc.partial else None
        return repr((read(chunks), type(exc), str(exc), exc.retryable, exc.partial, raw))
    assert_complete(chunks)
    return repr(read(chunks))


def try_offline(rng: random.Random) -> None:
    data = mutated(rng)
    cuts = [rng.randrange(len(data) + 1) for _ in range(rng.randrange(20))]
    whole = outcome(data, [])
    if whole != outcome(data, cuts):
        raise AssertionError(f"other answer at {sorted(cuts)}: {whole} {outcome(data, cuts)}")
    with suppress(RamCloudsError):
        read_whole(data)


def answers(rng: random.Random) -> Iterator[bytes]:
    """A whole HTTP answer, head and framing too mutated, in pieces."""
    case = parts(rng.choice(NAMES))
    framed = [b"%x\r\n%b\r\n" % (len(one), one) for one in case.chunks]
    data = bytearray(case.head + b"".join(framed if case.is_chunked else case.chunks))
    for _ in range(rng.randrange(4)):
        _mutate(data, rng)
    cuts = [rng.randrange(len(data) + 1) for _ in range(rng.randrange(5))]
    yield from split_at(bytes(data), cuts)


class Loopback:
    """Both clients against a gateway that answers with whatever comes."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._twins = [kind() for kind in TWINS.values()]
        self._calls = [Calls(twin, base_url=gateway.base_url, timeout=2) for twin in self._twins]

    def try_one(self, rng: random.Random) -> None:
        pieces = list(answers(rng))
        # As many as there are attempts: a kept connection may be found stale once.
        self._gateway.reply(Raw(pieces), Raw(pieces))
        calls = rng.choice(self._calls)
        try:
            rng.choice((calls.complete, calls.stream))()
        except RamCloudsError:
            pass
        finally:
            self._gateway.forget()

    def close(self) -> None:
        for one in (*self._calls, *self._twins):
            one.close()


class HangError(BaseException):
    """One input took so long that it may never have ended."""


def give_up(*_: Any) -> None:
    raise HangError


class Run:
    """Counts what was tried, and keeps one case of each kind of finding."""

    def __init__(self, seed: int) -> None:
        self.counts = {"offline": 0, "loopback": 0}
        self.findings: dict[str, str] = {}
        self.slowest = 0.0
        self.has_hung = False
        self._seed = seed

    def try_next(self, loopback: Loopback) -> None:
        number = sum(self.counts.values())
        kind = "loopback" if number % 10 == 9 else "offline"
        case = f"{kind} case {self._seed}-{number}"
        rng = random.Random(case)
        began = time.monotonic()
        signal.alarm(HANGS)
        try:
            loopback.try_one(rng) if kind == "loopback" else try_offline(rng)
        except (Exception, HangError) as exc:  # noqa: BLE001  a finding is whatever comes out
            self._note(exc, case)
        signal.alarm(0)
        taken = time.monotonic() - began
        if taken > SLOWEST:
            self.findings.setdefault("slow", f"{case}: {taken:.1f} s")
        self.slowest = max(self.slowest, taken)
        self.counts[kind] += 1

    def _note(self, exc: BaseException, case: str) -> None:
        self.has_hung = isinstance(exc, HangError)
        place = traceback.extract_tb(exc.__traceback__)[-1]
        key = f"{type(exc).__name__} at {place.filename}:{place.lineno}"
        if key not in self.findings:
            self.findings[key] = f"{case}: {str(exc)[:2000]}"
            traceback.print_exc()

    def report(self) -> str:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        tried = f"{sum(self.counts.values()):,} inputs tried {self.counts}"
        found = "".join(f"\n{key}\n    {text}" for key, text in self.findings.items())
        cost = f"slowest {self.slowest:.2f} s, peak {peak} MiB"
        return f"{tried}; {cost}; {len(self.findings)} findings{found}"


def main() -> int:
    seconds = float(os.environ.get("FUZZ_SECONDS", "600"))
    run = Run(int(os.environ.get("FUZZ_SEED", time.time_ns())))
    signal.signal(signal.SIGALRM, give_up)
    end = time.monotonic() + seconds
    with Gateway() as gateway, closing(Loopback(gateway)) as loopback:
        while time.monotonic() < end and not run.has_hung:
            run.try_next(loopback)
    print(run.report())  # noqa: T201  what the run is for
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main())
