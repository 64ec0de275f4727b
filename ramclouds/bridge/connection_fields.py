"""The fields of a client that every model of both adapters has as settings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ramclouds.bridge.settings import MAX_WAIT, STALL_TIMEOUT, Pace
from ramclouds.bridge.signatures import LateSignature

__all__ = ["ConnectionFields"]


class ConnectionFields(BaseModel):
    """A base of both adapters' `Connection`: one field for each setting of the client."""

    model_config = ConfigDict(
        # An error about one field shows what all of them were given, the key included.
        hide_input_in_errors=True,
        # Built at the first use rather than at import, and those classes alone that are used.
        defer_build=True,
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Each has its own: pydantic's takes its place in a class that is built, and a subclass
        # would inherit that.
        if "__signature__" not in vars(cls):
            cls.__signature__ = LateSignature()  # type: ignore[assignment]

    stall_timeout: float | None = STALL_TIMEOUT
    """Seconds of a stream that gives nothing but comments; None is no limit."""
    total_timeout: float | None = None
    """Seconds of a call with all its retries; None is no limit."""
    max_wait: float | None = MAX_WAIT
    """Seconds to wait at most because the gateway asks for it; None is no limit."""
    pace: Pace = "process"
    """Who shares what refusals teach: the process, the machine (`shared`), or nobody (`off`)."""
    max_retries: int | None = None
    """Further attempts after the first; the client's default is 2."""
    user_agent: str | None = None
    """Who asks; by default this package and its version."""
    verify: Any = None
    """False, the path of a file of root certificates, or an `ssl.SSLContext`."""
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.Client` of your own for the sync methods."""
