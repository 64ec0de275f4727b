"""A response's JSON to vectors, in the order of the texts."""

from __future__ import annotations

import binascii
import sys
from array import array
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.fields import as_index, as_name
from ramclouds._wire.usage import to_usage
from ramclouds.errors import ConfigurationError
from ramclouds.types import Embeddings

if TYPE_CHECKING:
    Vector = list[float] | array[float]


def to_embeddings(
    body: dict[str, Any], count: int, *, as_numpy: bool, request_id: str | None
) -> Embeddings:
    """The embeddings of `count` texts.

    Raises:
        MalformedError: a vector is missing, of another length, or holds no numbers.
    """
    sent = _in_order(body.get("data"), count)
    given = [_vector(index, one) for index, one in enumerate(sent)]
    _check_lengths(given)
    vectors: Any = to_array(given) if as_numpy else list(map(_to_list, given))
    _check_finite(vectors.sum(axis=1, dtype="d") if as_numpy else map(sum, vectors))
    return Embeddings(
        vectors=vectors,
        model=as_name(body.get("model")) or "",
        usage=to_usage(body.get("usage")),
        request_id=request_id,
        raw={name: value for name, value in body.items() if name != "data"},
    )


def _in_order(data: Any, count: int) -> list[Any]:
    """What was sent as vectors, in the order of the texts."""
    entries = data if isinstance(data, list) else []
    if len(entries) != count:
        raise MalformedError(f"The response holds {len(entries)} vectors for {count} texts.")
    if not all(isinstance(entry, dict) for entry in entries):
        raise MalformedError("The response holds no objects with vectors in its data.")
    indexes = [as_index(entry.get("index")) for entry in entries]
    if len(set(indexes)) == 1 and indexes[0] in (None, 0):
        # Not given, or 0 for each: the order of the texts.
        return [entry.get("embedding") for entry in entries]
    placed = {index: entry.get("embedding") for index, entry in zip(indexes, entries, strict=True)}
    # New API passes on the provider's order, which need not be that of the texts.
    missing = next((index for index in range(count) if index not in placed), None)
    if missing is not None:
        raise MalformedError(f"The response holds no vector for the text at index {missing}.")
    return [placed[index] for index in range(count)]


def _vector(index: int, sent: Any) -> Vector:
    """One vector: numbers, or base64 of float32 in little-endian order."""
    # A channel may ignore the encoding that it was asked for.
    vector = _decoded(sent) if isinstance(sent, str) else _numbers(sent)
    if not vector:
        raise MalformedError(f"The vector at index {index} is neither numbers nor base64.")
    return vector


def _decoded(text: str) -> Vector:
    try:
        floats = array("f", binascii.a2b_base64(text))
    except ValueError:
        return []
    if sys.byteorder == "big":
        floats.byteswap()
    return floats


def _numbers(sent: Any) -> Vector:
    kinds = set(map(type, sent)) if isinstance(sent, list) else {type(sent)}
    try:
        return list(map(float, sent)) if kinds <= {float, int} else []
    except (OverflowError, TypeError):
        return []


def _to_list(vector: Vector) -> list[float]:
    # As fast as numpy's, which need not be imported for it.
    return vector.tolist() if isinstance(vector, array) else vector


def _check_lengths(vectors: Sequence[Vector]) -> None:
    length = len(vectors[0])
    for index, vector in enumerate(vectors):
        if len(vector) != length:
            raise MalformedError(
                f"The vector at index {index} has {len(vector)} numbers, the first has {length}."
            )


def _check_finite(sums: Iterable[float]) -> None:
    """Check by the sums of vectors: one is not finite where one of its numbers is not."""
    for index, total in enumerate(sums):
        if not isfinite(total):
            raise MalformedError(f"The vector at index {index} holds a number that is not finite.")


def to_array(vectors: Iterable[Vector]) -> Any:
    """Vectors as one numpy array of float32."""
    import numpy

    arrays = [numpy.asarray(vector, dtype=numpy.float32) for vector in vectors]
    return numpy.stack(arrays) if arrays else numpy.empty((0, 0), dtype=numpy.float32)


def require_numpy() -> None:
    """Check that numpy is installed.

    Raises:
        ConfigurationError: it is not; the message says what to install.
    """
    if find_spec("numpy") is None:
        raise ConfigurationError(
            "as_numpy needs numpy, which is not installed. Run: pip install numpy"
        )
