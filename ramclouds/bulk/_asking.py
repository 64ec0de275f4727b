"""Rows to results: by the client, or by what `invoke=` names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ramclouds._client import AsyncClient
from ramclouds.bulk._invoking import Call, plain
from ramclouds.bulk._kinds import chat_arguments, embed_arguments
from ramclouds.bulk._lines import Result
from ramclouds.bulk._plan import may_pass
from ramclouds.bulk._rows import Row
from ramclouds.errors import BadRequestError
from ramclouds.types import Completion, Embeddings

Ask: TypeAlias = Callable[[Sequence[Row]], Awaitable[list[Result]]]


async def ask_chat(
    client: AsyncClient, passed: Mapping[str, Any], rows: Sequence[Row]
) -> list[Result]:
    """Asks for the completion of one row; `passed` says how, beside its body."""
    (row,) = rows
    completion = await client.complete(**chat_arguments(row.input), **passed)
    result = Result(
        row.custom_id,
        row.key,
        body=completion_body(completion),
        status_code=200,
        request_id=completion.request_id,
        value=completion,
        usage=completion.usage,
    )
    return [result]


def completion_body(completion: Completion) -> dict[str, Any]:
    """A completion as the gateway sent it, or as it would have, had it not been streamed."""
    raw = completion.raw
    choices = raw.get("choices")
    is_whole = isinstance(choices, list) and all("message" in one for one in choices)
    if choices and is_whole:
        return raw
    body: dict[str, Any] = {
        **completion.facts,
        "id": completion.id,
        "object": "chat.completion",
        "created": raw.get("created", 0),
        "model": completion.model,
        "choices": [
            {
                "index": 0,
                "message": {
                    name: value for name, value in completion.message.items() if name != "model"
                },
                "finish_reason": completion.finish_reason,
                **({"logprobs": completion.logprobs} if completion.logprobs else {}),
            }
        ],
    }
    return body if completion.usage is None else {**body, "usage": dict(completion.usage.raw)}


async def ask_embed(
    client: AsyncClient, passed: Mapping[str, Any], rows: Sequence[Row]
) -> list[Result]:
    """Asks for the vectors of several rows at once."""
    texts = [text for row in rows for text in _inputs(row)]
    arguments = {**embed_arguments(rows[0].input), "input": texts}
    try:
        found = await client.embed(**arguments, **passed)
    except BadRequestError as exc:
        if len(rows) == 1:
            return [failed(rows[0], exc)]
        # One of the texts may be at fault, or all together are too long.
        half = len(rows) // 2
        one = await ask_embed(client, passed, rows[:half])
        other = await ask_embed(client, passed, rows[half:])
        return one + other
    return _embed_results(rows, found)


def _embed_results(rows: Sequence[Row], found: Embeddings) -> list[Result]:
    vectors = iter(found.vectors)
    results = []
    for row in rows:
        data = [
            {"object": "embedding", "index": index, "embedding": next(vectors)}
            for index, _ in enumerate(_inputs(row))
        ]
        body = {"object": "list", "data": data, "model": found.model}
        results.append(
            Result(row.custom_id, row.key, body, status_code=200, request_id=found.request_id)
        )
    return results


def _inputs(row: Row) -> list[Any]:
    """The texts of a row, or its lists of tokens."""
    given = row.input["input"]
    is_alone = isinstance(given, str) or isinstance(given[0], int)
    return [given] if is_alone else list(given)


def failed(row: Row, error: BaseException) -> Result:
    """The result of a row whose call failed."""
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None)
    return Result(
        row.custom_id,
        row.key,
        body=getattr(error, "body", None) if status is not None else None,
        error={
            "code": type(error).__name__ if code is None else str(code),
            "message": str(error),
            # Of a refusal too: with another key or more credit the same row may be answered.
            "retryable": may_pass(error),
        },
        status_code=status,
        request_id=getattr(error, "request_id", None),
        failure=error,
    )


async def ask_invoke(call: Call, rows: Sequence[Row]) -> list[Result]:
    """Calls what `invoke=` names."""
    (row,) = rows
    value = await call(row.input)
    return [Result(row.custom_id, row.key, body=plain(value), value=value)]
