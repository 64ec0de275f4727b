"""What an error shows of the exception that caused it: no request, and no key."""

from __future__ import annotations

from types import NoneType

import httpx

from ramclouds._failures.frames import chain_of
from ramclouds._failures.redact import Redactor
from ramclouds.errors import RamCloudsError


def caused_by(
    error: RamCloudsError,
    exc: Exception,
    outer: BaseException | None,
    sent: tuple[str, str],
    redactor: Redactor,
) -> RamCloudsError:
    """The error with its secrets masked, and its cause where that holds none.

    `outer` is what the user handled around the call, `sent` the request's method and URL.
    """
    error.message = redactor.text(error.message)
    error.args = (error.message,)
    causes = list(chain_of(exc, outer))
    for cause in causes:
        if isinstance(cause, httpx.RequestError):
            # The request holds the Authorization header.
            cause.request = httpx.Request(*sent)
    error.__cause__ = exc if all(_is_safe(cause, redactor) for cause in causes) else None
    error.__suppress_context__ = True
    return error


def _is_safe(cause: BaseException, redactor: Redactor) -> bool:
    """Whether a cause has plain values without a secret: others lead to the request."""
    attributes = [value for name, value in vars(cause).items() if name != "_request"]
    values = [one for one in (*cause.args, *attributes) if not isinstance(one, BaseException)]
    is_plain = all(isinstance(one, (str, bytes, int, float, NoneType)) for one in values)
    return is_plain and redactor.is_clean(f"{cause} {values}")
