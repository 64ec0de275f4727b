"""What is compared: the rows of the table, and the curves of the plots."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.worker import Job

FRAMEWORKS = {"LangChain": "langchain", "LlamaIndex": "llama-index"}


@dataclass(frozen=True)
class Row:
    """One figure of a measure: ours, the peer's, and the floor's."""

    title: str
    unit: str
    job: Job
    figure: str
    floor: tuple[str, ...] = ()
    """What the floor is the sum of: `framework`, with a model in memory, and bare `httpx`."""
    of_peer: dict[str, float] | None = None
    """By framework, the part of the peer's cost that ours is not to exceed."""
    of_floor: dict[str, float] | None = None
    """By framework, how many times the floor ours is not to exceed."""
    alone: bool = False
    """Measured in a process where nothing was before."""
    more_is_better: bool = False


def _both(langchain: float, llama_index: float) -> dict[str, float]:
    return {"LangChain": langchain, "LlamaIndex": llama_index}


_ALL_OF_IT = ("framework", "httpx")
_PLAIN = Job("plain_call", "plain/0", {"length": 1, "calls": 100, "rounds": 5})
_MANY = Job("many_calls", "plain/500", {"calls": 1000, "rounds": 1})
_STREAMS = Job("many_streams", "each/200/0", {"streams": 200, "tokens": 200})
_VECTORS = Job("embedded_texts", "vectors/1536/1", {"texts": 2000, "rounds": 3})
_FLOATS = Job("embedded_texts", "vectors/1536/0", {"texts": 2000, "rounds": 3})
_MANY_TEXTS = Job("embedded_texts", "vectors/256/1", {"texts": 100_000, "rounds": 1})

ROWS = (
    Row(
        "Streamed token, in one burst",
        "µs CPU",
        Job("streamed_token", "burst/2000", {"tokens": 2000, "rounds": 7}),
        "us",
        _ALL_OF_IT,
        _both(0.21, 0.19),
        _both(1.2, 1.25),
    ),
    Row(
        "Streamed token, each on its own, 1 ms apart",
        "µs CPU",
        Job("streamed_token", "each/300/1", {"tokens": 300, "rounds": 3}),
        "us",
        _ALL_OF_IT,
    ),
    Row(
        "Plain call, kept connection",
        "ms CPU",
        _PLAIN,
        "ms",
        _ALL_OF_IT,
        _both(0.3, 0.3),
        _both(1.35, 1.3),
    ),
    Row(
        "Constructing the model object",
        "ms CPU",
        Job("construction", args={"calls": 50, "rounds": 5}),
        "ms",
        of_peer={"LangChain": 0.5},
    ),
    Row(
        "Import beyond the framework's core",
        "s CPU",
        Job("imports"),
        "s",
        of_peer=_both(0.115, 0.073),
        alone=True,
    ),
    Row(
        "1,000 async calls at once, 0.5 s each",
        "s wall",
        _MANY,
        "wall_s",
        ("framework",),
        _both(0.116, 0.082),
        _both(2, 2),
        alone=True,
    ),
    Row("The same, CPU for each call", "ms CPU", _MANY, "ms", ("framework",), alone=True),
    Row("The same, memory taken", "MiB", _MANY, "mib", ("framework",), alone=True),
    Row(
        "200 async streams at once",
        "tokens/s",
        _STREAMS,
        "tokens_per_s",
        alone=True,
        more_is_better=True,
    ),
    Row(
        "The same, wait for the event loop (median)",
        "ms CPU",
        _STREAMS,
        "lag_ms",
        alone=True,
    ),
    Row(
        "Server's first byte to user's first token",
        "ms wall",
        Job("first_token", "stamped", {"streams": 40}),
        "ms",
        ("httpx",),
    ),
    Row(
        "64 threads, each call 50 ms",
        "ms CPU",
        Job("many_threads", "plain/50", {"threads": 64, "calls": 512, "rounds": 3}),
        "ms",
        _ALL_OF_IT,
    ),
    Row(
        "1,000 vectors of 1,536, base64",
        "ms CPU",
        _VECTORS,
        "ms",
        ("httpx",),
        _both(0.2, 0.2),
        _both(1.5, 1.5),
    ),
    Row(
        "1,000 vectors of 1,536, floats",
        "ms CPU",
        _FLOATS,
        "ms",
        ("httpx",),
        _both(0.2, 0.2),
        _both(1.5, 1.5),
    ),
    Row("100,000 texts, vectors of 256", "s wall", _MANY_TEXTS, "wall_s", ("httpx",), alone=True),
    Row("The same, memory taken", "MiB", _MANY_TEXTS, "mib", ("httpx",), alone=True),
)


@dataclass(frozen=True)
class Curve:
    """A cost by size, for each subject."""

    title: str
    size: str
    unit: str
    job: Job
    subjects: tuple[str, ...] = ("ours", "peer")


CURVES = (
    Curve(
        "Concurrent calls",
        "calls at once",
        "ms CPU per call",
        Job(
            "growing_concurrency",
            "plain/20",
            {"sizes": [1, 10, 50, 100, 200, 500, 1000, 2000], "calls": 100},
        ),
        ("ours", "peer", "floor"),
    ),
    Curve(
        "Length of a stream",
        "tokens",
        "µs CPU per token",
        Job(
            "growing_stream",
            "burst",
            {"sizes": [10, 100, 1000, 5000, 10_000, 20_000, 50_000], "tokens": 2000},
        ),
        ("ours", "peer", "floor"),
    ),
    Curve(
        "Length of the conversation",
        "messages",
        "ms CPU per call",
        Job("growing_history", "plain/0", {"sizes": [1, 10, 100, 500, 1000, 2000], "calls": 10}),
    ),
)
