"""All that an error keeps alive, as the tools show it that report errors: each text, and its path.

sentry_sdk shows the local variables of each frame with `repr`, and walks into dicts and lists; rich
walks into dataclasses too, and loguru's `diagnose` into attributes. This walks into all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import FrameType, MethodType
from typing import Any

import httpx
from pydantic import BaseModel, SecretStr

from ramclouds import AsyncClient, Client

# What a user holds, and gives the secrets to: only its repr is looked at.
_HOLDERS = (Client, AsyncClient, BaseModel, SecretStr, httpx.Client, httpx.AsyncClient)
_WALKED = ("ramclouds", "httpx", "httpcore", "h11", "langchain_ramclouds", "llama_index_ramclouds")
_CONTAINERS = (list, tuple, set, frozenset, deque)


class Walk:
    """Walks over an error; counts what it saw."""

    def __init__(self) -> None:
        self.frames = self.objects = self.errors = 0
        self._seen: dict[int, Any] = {}

    def texts(self, error: BaseException, path: str = "") -> Iterator[tuple[str, str]]:
        """Each text on an error, its frames and all that is behind it, with the way to it."""
        if self._is_known(error):
            return
        self.errors += 1
        here = f"{path}/{type(error).__name__}"
        yield here, f"{error} {error!r}"
        yield from self._walk(error.args, f"{here}.args")
        yield from self._walk(dict(vars(error)), here)
        traceback = error.__traceback__
        while traceback is not None:
            yield from self._frame(traceback.tb_frame, here)
            traceback = traceback.tb_next
        for behind in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
            if behind is not None:
                yield from self.texts(behind, here)

    def _frame(self, frame: FrameType, path: str) -> Iterator[tuple[str, str]]:
        file = frame.f_code.co_filename
        if "/tests/" in file or "/_pytest/" in file:
            return
        self.frames += 1
        for name, value in frame.f_locals.items():
            yield from self._walk(value, f"{path}|{file.rsplit('/', 1)[-1]}:{name}")

    def _walk(self, value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, (bytes, bytearray, memoryview)):
            yield path, bytes(value).decode("latin-1")
        elif isinstance(value, BaseException):
            yield from self.texts(value, path)
        elif not self._is_known(value):
            self.objects += 1
            with suppress(AttributeError):  # An object may be half made.
                yield path, repr(value)
            for step, inner in _inside(value):
                yield from self._walk(inner, f"{path}{step}")

    def _is_known(self, value: Any) -> bool:
        if id(value) in self._seen:
            return True
        self._seen[id(value)] = value  # Kept, so that its id stays its own.
        return False


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and not isinstance(value, httpx.Headers):
        for key, item in list(value.items()):
            yield "[key]", key
            yield f"[{key!r}]", item
    elif isinstance(value, _CONTAINERS):
        for place, item in enumerate(value):
            yield f"[{place}]", item
    elif isinstance(value, partial):
        yield from ((".args", value.args), (".keywords", value.keywords), (".func", value.func))
    elif isinstance(value, MethodType):
        yield ".self", value.__self__
    elif type(value).__module__.partition(".")[0] in _WALKED and not _is_holder(value):
        yield from _attributes(value)


def _is_holder(value: Any) -> bool:
    return isinstance(value, (_HOLDERS, type))


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    names = list(getattr(value, "__dict__", ()))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    for name in names:
        if hasattr(value, name):
            yield f".{name}", getattr(value, name)
