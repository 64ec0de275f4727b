"""Many calls that survive anything: each answer is kept, and a run again asks what is missing."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from typing_extensions import Unpack

from ramclouds._client import AsyncClient
from ramclouds._wire.chat.request_body import Params
from ramclouds._wire.embeddings.request_body import EmbedParams
from ramclouds.bridge.body_fields import in_count
from ramclouds.bulk._journal import read
from ramclouds.bulk._lines import Result
from ramclouds.bulk._options import Options, RunLimits
from ramclouds.bulk._report import Report
from ramclouds.bulk._setup import chat_run, embed_run

__all__ = ["Report", "Result", "embed", "read", "run", "stream"]

_MAX_IN_FLIGHT = 256
# As many texts as a request may hold.
_MOST_TEXTS = 2048


def run(
    rows: Any,
    *,
    out: str | os.PathLike[str],
    model: str | None = None,
    invoke: Any = None,
    client: AsyncClient | None = None,
    prompt: str | None = None,
    max_in_flight: int = _MAX_IN_FLIGHT,
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    skip_bad: bool = False,
    retry_failed: bool = False,
    progress: bool | None = None,
    **params: Unpack[Params],
) -> Report:
    """Asks all rows, and appends each answer to `out`; a run again asks only what is missing.

    `rows` is a list, a generator, or the path of a JSONL, CSV or Parquet file. A row is a line of
    OpenAI's Batch input, a body, `{"prompt": ...}`, a text, or columns for the template `prompt`.
    `params` are those of `Client.complete`; a row's own win. With `invoke`, a Runnable, a model of
    LlamaIndex or a function is called with each row in place of the client. Budgets (in tokens and
    US dollars) are those of this run. Ctrl-C sends nothing more; the second one breaks off.

    Raises:
        ConfigurationError: a row or a setting cannot be used. What a generator gives is checked
            when it is read; all else, before anything is sent.

    Example:
        report = bulk.run("prompts.jsonl", model="gpt-5", out="answers.jsonl")
    """
    limits = RunLimits(max_in_flight, max_tokens_total, max_cost)
    options = Options(
        rows, out, model, client, prompt, limits, skip_bad=skip_bad, retry_failed=retry_failed
    )
    with chat_run(options, invoke, params) as running:
        return running.to_end(progress=progress)


async def stream(
    rows: Any,
    *,
    journal: str | os.PathLike[str] | None = None,
    model: str | None = None,
    invoke: Any = None,
    client: AsyncClient | None = None,
    prompt: str | None = None,
    max_in_flight: int = _MAX_IN_FLIGHT,
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    skip_bad: bool = False,
    retry_failed: bool = False,
    **params: Unpack[Params],
) -> AsyncGenerator[Result, None]:
    """Asks all rows, and gives each result as it comes; what `journal` holds already comes too.

    Nothing more is sent while nobody takes a result. Failed rows are results with an `error`.

    Raises:
        ConfigurationError: as `run`.
    """
    limits = RunLimits(max_in_flight, max_tokens_total, max_cost)
    options = Options(
        rows,
        journal,
        model,
        client,
        prompt,
        limits,
        skip_bad=skip_bad,
        retry_failed=retry_failed,
        with_stored=True,
    )
    with chat_run(options, invoke, params) as running:
        running.reading.prepare()
        async with aclosing(running.results()) as results:
            async for result in results:
                yield result


def embed(
    rows: Any,
    *,
    out: str | os.PathLike[str],
    model: str | None = None,
    client: AsyncClient | None = None,
    prompt: str | None = None,
    chunk_size: int = 100,
    max_in_flight: int = 16,
    max_tokens_total: int | None = None,
    max_cost: float | None = None,
    skip_bad: bool = False,
    retry_failed: bool = False,
    progress: bool | None = None,
    **params: Unpack[EmbedParams],
) -> Report:
    """Asks for the vectors of all rows, `chunk_size` of them by one request; else as `run`.

    A row is a text, `{"input": ...}`, a line of OpenAI's Batch input, or columns for `prompt`.

    Raises:
        ConfigurationError: as `run`.
    """
    limits = RunLimits(max_in_flight, max_tokens_total, max_cost)
    options = Options(
        rows, out, model, client, prompt, limits, skip_bad=skip_bad, retry_failed=retry_failed
    )
    group = in_count("chunk_size", chunk_size, 1, _MOST_TEXTS)
    with embed_run(options, params, group) as running:
        return running.to_end(progress=progress)
