"""A body read whole to embeddings, or their error. Pure."""

from __future__ import annotations

from ramclouds._complete import Body
from ramclouds._failures.error_body import is_error_body
from ramclouds._failures.from_response import response_error
from ramclouds._failures.response_head import ResponseHead
from ramclouds._json.parsing import MalformedError, parse
from ramclouds._wire.embeddings.vectors import to_embeddings
from ramclouds.errors import ResponseError
from ramclouds.types import Embeddings


def embeddings_from(head: ResponseHead, body: Body, count: int, *, as_numpy: bool) -> Embeddings:
    """The embeddings of `count` texts in a body.

    Raises:
        RamCloudsError: there are none, or not one for each text.
    """
    content = body.content()
    try:
        parsed = parse(content)
    except MalformedError:
        raise response_error(head, content, None, partial=None) from None
    if not isinstance(parsed, dict) or is_error_body(parsed):
        raise response_error(head, content, parsed, partial=None)
    try:
        return to_embeddings(parsed, count, as_numpy=as_numpy, request_id=head.request_id)
    except MalformedError as exc:
        text = f"{exc} Send the request again, or use another model."
        # Gemini's channel: `data: []` where the provider failed under a 200.
        raise head.error(ResponseError, text, retryable=not parsed.get("data")) from None
