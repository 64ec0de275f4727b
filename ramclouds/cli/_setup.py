"""The set-up that `ramclouds doctor` looks at, and what its checks have learnt so far."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ramclouds._account import GatewayStatus
from ramclouds._addresses import proxy_for
from ramclouds._client import Client
from ramclouds.cli._options import address
from ramclouds.types import Model

State = Literal["ok", "note", "fault"]
Found = Iterator[tuple[State, str]]
_TIMEOUT = 20.0


@dataclass
class Setup:
    """What is asked for, and what is known of it."""

    given_url: str | None = None
    """`--base-url`; else RAMCLOUDS_BASE_URL, else RamClouds."""
    model: str = ""
    """The user's model, else the one that the check of the models picks."""
    makes_calls: bool = True
    gateway: GatewayStatus | None = None
    models: list[Model] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL, checked."""
        return address(self.given_url)

    @property
    def url_source(self) -> str:
        """Where the base URL is from."""
        if self.given_url:
            return "--base-url"
        return "RAMCLOUDS_BASE_URL" if os.environ.get("RAMCLOUDS_BASE_URL") else "the default"

    @property
    def proxy(self) -> str | None:
        """The proxy in use, without user and password."""
        scheme, _, rest = (proxy_for(self.url) or "").partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}" if rest else None

    def client(self, **changes: Any) -> Client:
        """A client of this set-up, which says what fails instead of trying it again."""
        settings = {"base_url": self.url, "max_retries": 0, "timeout": _TIMEOUT, **changes}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `warned` shows the warnings.
            return Client(**settings)

    def warned(self) -> list[str]:
        """What a client of this set-up warns of."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Client(base_url=self.url)
        return [str(one.message) for one in caught]
