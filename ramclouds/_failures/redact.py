"""Masks secrets in texts: what this client was given, and everything that looks like a key."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from ramclouds._escaping import KEY_SHAPED, MASK
from ramclouds._json.parsing import with_texts
from ramclouds._late import late

_BEARER = late(r"(?i)(bearer\s{1,9})[^\s\"',}]+")
_MASKED_BEARER = rf"\1{MASK}"
# Masking shorter ones would mask words.
_SHORTEST_KEY = 8
_SHORTEST_SECRET = 6


class Redactor:
    """Masks one client's secrets, and everything else that looks like a key."""

    def __init__(self, key: str | None, secrets: Callable[[], Iterable[str]] = tuple) -> None:
        self._key = SecretStr(key or "")
        self._secrets = secrets
        self.has_dash = "-" in self._bare_key
        """Whether the key holds a `-` that is not part of `sk-`."""

    @property
    def _bare_key(self) -> str:
        # New API stores and repeats the key without its sk-.
        return self._key.get_secret_value().removeprefix("sk-")

    @cached_property
    def _own(self) -> tuple[SecretStr, ...]:
        """What is masked; made with the first error, since most clients have none."""
        keys = {self._key.get_secret_value(), self._bare_key}
        texts = [text for text in keys if len(text) >= _SHORTEST_KEY]
        texts += [text for text in self._secrets() if len(text) >= _SHORTEST_SECRET]
        forms = {form for text in texts for form in _forms(text)}
        # The longest first: one secret may be a part of another.
        return tuple(map(SecretStr, sorted(forms, key=len, reverse=True)))

    def __repr__(self) -> str:
        return "Redactor()"

    def with_headers(self, headers: Mapping[str, str]) -> Redactor:
        """A redactor that masks the values of these headers too."""
        if not headers:
            return self

        def secrets() -> Iterator[str]:
            for name in headers:
                yield from _secrets_in(name, headers[name])
            yield from (own.get_secret_value() for own in self._own)

        more = Redactor(None, secrets)
        more.has_dash = self.has_dash
        return more

    def text(self, text: str) -> str:
        for own in self._own:
            text = text.replace(own.get_secret_value(), MASK)
        # An error masks twenty texts, and nearly all hold neither word.
        if "sk-" in text:
            text = KEY_SHAPED.sub(MASK, text)
        return _BEARER.sub(_MASKED_BEARER, text) if "bearer" in text.lower() else text

    def is_clean(self, text: str) -> bool:
        """Whether a text holds nothing to mask."""
        return self.text(text) == text

    def json(self, value: Any) -> Any:
        """A parsed JSON value with every text in it masked."""
        return with_texts(value, self.text)


NO_SECRETS = Redactor(None)
"""Masks what looks like a key, and nothing else."""


def _forms(secret: str) -> Iterator[str]:
    """A secret as a server may repeat it: plain, in a URL, in JSON, in JSON that JSON quotes."""
    quoted = json.dumps(secret)[1:-1]
    yield from (secret, quote(secret, safe=""), quote_plus(secret), quoted)
    yield json.dumps(quoted)[1:-1]


def _secrets_in(name: str, value: str) -> Iterator[str]:
    """The secrets in the value of a header: without its scheme, and what is in Base64."""
    yield value
    if "cookie" in name.lower():
        yield from (part.partition("=")[2].strip() for part in value.split(";"))
        return
    scheme, _, token = value.partition(" ")
    yield token.strip()
    if scheme.lower() == "basic":
        try:
            pair = b64decode(token, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield from (pair, pair.partition(":")[2])
