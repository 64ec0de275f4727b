"""An embedding model of the tests' own: texts with the same words have near vectors."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Collection, Sequence
from math import sqrt
from typing import Any

from tests.gateway.events import error
from tests.gateway.request import Request
from tests.gateway.responses import Json, Response

DIMENSIONS = 64
MOST_TEXTS = 2048


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """How often a text has each word, by the word's hash; of length 1, and exact as float32."""
    counts = [0.0] * dimensions
    for word in re.findall(r"\w{3,}", text.lower()) or [text]:
        counts[zlib.crc32(word.encode()) % dimensions] += 1
    length = sqrt(sum(count * count for count in counts))
    return list(struct.unpack(f"<{dimensions}f", _packed([count / length for count in counts])))


def to_base64(vector: Sequence[float]) -> str:
    """A vector as the wire has it where base64 was asked for."""
    return base64.b64encode(_packed(vector)).decode()


def _packed(vector: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def embedded(
    vectors: Sequence[Any],
    *,
    indexes: Sequence[Any] | None = None,
    model: str = "text-embedding-3-small",
    tokens: int = 7,
) -> dict[str, Any]:
    """The body of a response with these vectors, in OpenAI's shape."""
    places = range(len(vectors)) if indexes is None else indexes
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in zip(places, vectors, strict=True)
    ]
    counted = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": counted}


def embeddings_of(request: Request, unknown: Collection[str]) -> Response:
    """What OpenAI's models answer, behind the gateway."""
    body = request.json
    given = body.get("input")
    texts = given if isinstance(given, list) and not _is_tokens(given) else [given]
    if body.get("model") in unknown:
        message = f"No available channel for model {body['model']}"
        return Json(error(message, "new_api_error", "model_not_found"), 503)
    if not texts or len(texts) > MOST_TEXTS or not all(texts):
        return Json(error("'$.input' is invalid.", "invalid_request_error", None), 400)
    vectors = [vector_of(str(text), body.get("dimensions") or DIMENSIONS) for text in texts]
    sent = map(to_base64, vectors) if body.get("encoding_format") == "base64" else vectors
    tokens = sum(len(str(text).split()) for text in texts)
    return Json(embedded(list(sent), model=body["model"], tokens=tokens))


def _is_tokens(given: list[Any]) -> bool:
    return bool(given) and isinstance(given[0], int)
