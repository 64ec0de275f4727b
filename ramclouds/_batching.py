"""Many texts as requests: which texts go together, and what becomes of their vectors. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Any, Literal, get_args

from ramclouds._wire.embeddings.request_body import MAX_TEXTS, check_one
from ramclouds._wire.embeddings.vectors import to_array
from ramclouds.bridge.body_fields import in_count
from ramclouds.errors import (
    ConfigurationError,
    ContextLengthError,
    RamCloudsError,
)
from ramclouds.models import EmbeddingFacts
from ramclouds.types import Embeddings, Usage

OnTooLong = Literal["raise", "truncate", "average"]
DEFAULT_CHUNK_SIZE = 512
DEFAULT_MAX_CONCURRENCY = 4
_MOST_WORKERS = 256

# Alibaba: "batch size is invalid, it should not be larger than 10.: input.contents"; SiliconFlow:
# "input batch size 100 > maximum allowed batch size 32"; Google: "at most 100 requests can be in
# one batch"; OpenAI: "'input' array must be 2048 items or less".
_TOO_MANY = re.compile(
    r"batch size|in one batch|too many (inputs|texts|items)|\d items or less", re.I
)
# OpenAI: "Requested 400000 tokens, max 300000 tokens per request"; llama.cpp: "input (601 tokens)
# is too large to process".
_TOO_LARGE = re.compile(r"tokens per request|too large|maximum request size", re.I)


@dataclass(slots=True)
class Piece:
    """A text of a request, or a part of one that is averaged."""

    index: int
    text: str
    tokens: int
    is_part: bool = False


Batch = list[Piece]


@dataclass(slots=True)
class Batching:
    """The requests for many texts: workers take batches, and put back what came of them.

    Threads may share it: what they change takes one step each.
    """

    texts: Sequence[str]
    facts: EmbeddingFacts
    most_texts: dict[str, int]
    """By model, how many texts a request takes where the gateway refused more; shared by calls."""
    chunk_size: int = DEFAULT_CHUNK_SIZE
    max_concurrency: int = DEFAULT_MAX_CONCURRENCY
    on_too_long: OnTooLong | None = "raise"
    as_numpy: bool = False
    on_progress: Callable[[int], object] | None = None
    _waiting: deque[Batch] = field(default_factory=deque)
    _responses: list[Embeddings] = field(default_factory=list)
    _parts: dict[int, list[tuple[Piece, Any]]] = field(default_factory=dict)
    _vectors: list[Any] = field(default_factory=list)
    _error: Exception | None = None

    def __post_init__(self) -> None:
        in_count("chunk_size", self.chunk_size, 1, MAX_TEXTS)
        in_count("max_concurrency", self.max_concurrency, 1, _MOST_WORKERS)
        if self.on_too_long is None:
            self.on_too_long = "raise"
        if self.on_too_long not in get_args(OnTooLong):
            raise ConfigurationError(
                f"on_too_long must be 'raise', 'truncate' or 'average', not {self.on_too_long!r}."
            )
        if isinstance(self.texts, str) or not isinstance(self.texts, Sequence):
            raise ConfigurationError("texts must be a list of texts.")
        self._vectors = [None] * len(self.texts)
        self._waiting.extend(self._batches(self._pieces()))

    @property
    def workers(self) -> int:
        """How many workers have something to do."""
        return min(self.max_concurrency, len(self._waiting))

    def take(self) -> Batch | None:
        """The next batch; None where there is none."""
        try:
            batch = self._waiting.popleft()
        except IndexError:
            return None
        most = self.most_texts.get(self.facts.name, len(batch))
        if len(batch) > most:
            self._waiting.appendleft(batch[most:])
        return batch[:most]

    def put(self, batch: Batch, found: Embeddings) -> None:
        """Keep the vectors of a batch."""
        self._responses.append(found)
        for piece, vector in zip(batch, found.vectors, strict=True):
            if piece.is_part:
                self._parts.setdefault(piece.index, []).append((piece, vector))
            else:
                self._vectors[piece.index] = vector
        if self.on_progress is not None:
            self.on_progress(len({p.index for p in batch if self._has_come(p.index)}))

    def fail(self, batch: Batch, error: Exception) -> None:
        """Halve a batch that is too large; any other failure ends the whole call."""
        halves = self._halves(batch, error) if isinstance(error, RamCloudsError) else []
        if halves:
            self._waiting.extendleft(reversed(halves))
            return
        if len(batch) == 1 and _is_too_large(error):
            error = _naming(error, batch[0].index)
        self._error = self._error or error
        self.stop()

    def stop(self) -> None:
        """Leave what no worker has taken."""
        self._waiting.clear()

    def embeddings(self) -> Embeddings:
        """All vectors.

        Raises:
            Exception: what ended it early; the vectors that came are a RamCloudsError's `partial`.
        """
        error = self._error
        if error is None:
            return self._joined(to_array(self._whole()) if self.as_numpy else self._whole())
        if isinstance(error, RamCloudsError):
            error.partial = self._joined(self._whole())
        raise error

    def _pieces(self) -> Iterable[Piece]:
        for index, text in enumerate(self.texts):
            if not isinstance(text, str):
                raise ConfigurationError(
                    f"texts[{index}] must be a text, not {type(text).__name__}."
                )
            check_one(text, f"texts[{index}]")
            yield from self._fitting(Piece(index, text, most_tokens(text)))

    def _fitting(self, piece: Piece) -> list[Piece]:
        """A text as it is, cut or split, so that each piece is within the model's limit."""
        most = self.facts.max_input_tokens
        if most is None or piece.tokens <= most:
            return [piece]
        if self.on_too_long == "raise":
            raise ConfigurationError(
                f"texts[{piece.index}] has about {piece.tokens:,} tokens, and {self.facts.name} "
                f"takes {most:,}. Split it, or pass on_too_long='truncate' or 'average'."
            )
        # The limit in characters, by the text's own mean of tokens per character, less a tenth for
        # parts with more tokens.
        length = max(1, len(piece.text) * most * 9 // (piece.tokens * 10))
        return [fit for part in self._cut(piece, length) for fit in self._fitting(part)]

    def _cut(self, piece: Piece, length: int) -> list[Piece]:
        """The first characters of a text; for an average, the rest as well."""
        text = piece.text
        if self.on_too_long == "truncate":
            return [Piece(piece.index, text[:length], most_tokens(text[:length]))]
        cuts = [text[start : start + length] for start in range(0, len(text), length)]
        return [Piece(piece.index, cut, most_tokens(cut), is_part=True) for cut in cuts]

    def _batches(self, pieces: Iterable[Piece]) -> Iterable[Batch]:
        batch: Batch = []
        tokens = 0
        for piece in pieces:
            is_full = len(batch) == self.chunk_size
            if batch and (is_full or tokens + piece.tokens > self.facts.max_request_tokens):
                yield batch
                batch, tokens = [], 0
            batch.append(piece)
            tokens += piece.tokens
        if batch:
            yield batch

    def _halves(self, batch: Batch, error: RamCloudsError) -> list[Batch]:
        """A refused batch in two; none where that does not help."""
        if not _is_too_large(error):
            return []
        half = (len(batch) + 1) // 2
        if len(batch) > 1:
            if _TOO_MANY.search(error.message):
                self.most_texts[self.facts.name] = half
            return [batch[:half], batch[half:]]
        piece = batch[0]
        if self.on_too_long == "raise" or len(piece.text) == 1:
            return []
        # The estimate was too low, since the gateway says otherwise.
        return [self._cut(piece, (len(piece.text) + 1) // 2)]

    def _whole(self) -> list[Any]:
        """The vectors by text; None for those that have not all come."""
        vectors = list(self._vectors)
        for index, parts in self._parts.items():
            vectors[index] = _average(parts) if self._has_come(index) else None
        return vectors

    def _has_come(self, index: int) -> bool:
        """Whether a text has its vector, or each of its parts has one."""
        came = sum(len(piece.text) for piece, _ in self._parts.get(index, ()))
        return self._vectors[index] is not None or came == len(self.texts[index])

    def _joined(self, vectors: Any) -> Embeddings:
        if not self._responses:
            return Embeddings(vectors)
        last = self._responses[-1]
        usages = [each.usage for each in self._responses if each.usage is not None]
        return Embeddings(vectors, last.model, _total(usages), last.request_id, last.raw)


def _is_too_large(error: Exception) -> bool:
    """Whether fewer or shorter texts may be taken."""
    if isinstance(error, ContextLengthError):
        return True
    if not isinstance(error, RamCloudsError) or error.status_code is None:
        return False
    is_named = _TOO_MANY.search(error.message) or _TOO_LARGE.search(error.message)
    return error.status_code == 413 or (
        error.status_code >= 400 and (error.code == "request_too_large" or is_named is not None)
    )


def _naming(error: Exception, index: int) -> Exception:
    """The same error with the text's place in front."""
    facts = {name: value for name, value in vars(error).items() if name != "message"}
    return type(error)(f"texts[{index}] is too long. {error}", **facts)


def _average(parts: Sequence[tuple[Piece, Any]]) -> list[float]:
    """The mean of vectors, weighted by the length of their texts, and of length 1 as they are."""
    weighted = [[value * piece.tokens for value in vector] for piece, vector in parts]
    mean = [sum(column) for column in zip(*weighted, strict=True)]
    length = hypot(*mean)
    return [value / length for value in mean] if length else mean


def _total(usages: Sequence[Usage]) -> Usage | None:
    if not usages:
        return None
    total = Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        total_tokens=sum(usage.total_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        raw=usages[-1].raw,
    )
    total._billed_as = usages[-1]._billed_as
    return total


def most_tokens(text: str) -> int:
    """About how many tokens a text has for an embedding model, or more.

    In cl100k_base a token is four characters of English, or one of most other scripts.
    """
    ascii_only = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return (ascii_only + 3) // 4 + len(text) - ascii_only
