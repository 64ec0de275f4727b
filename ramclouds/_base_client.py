"""A client's settings, and one request made from them: what both clients and all routes share."""

from __future__ import annotations

import os
import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any, ClassVar, TypeAlias, TypeVar, cast

import httpx
from pydantic import Secret, SecretStr
from typing_extensions import TypedDict, Unpack

from ramclouds._addresses import proxy_secrets
from ramclouds._attempts import Attempts
from ramclouds._failures.redact import Redactor
from ramclouds._fallback import Fallbacks
from ramclouds._http.foreign import adopted
from ramclouds._observers import watch
from ramclouds._pace.registry import Gates
from ramclouds._request import Memory, Request
from ramclouds._settings import (
    Settings,
    TimeoutSetting,
    api_key_from,
    hidden,
    merge_headers,
    seconds_from,
    settings_from,
    timeout_from,
)
from ramclouds._traces.switch import tracing
from ramclouds.bridge.dialects import DialectSetting
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.settings import (
    MAX_WAIT,
    STALL_TIMEOUT,
    Pace,
    check_pickles,
    is_secret_header,
    public_headers,
    reject_unknown,
    shown_headers,
)
from ramclouds.errors import ConfigurationError

T = TypeVar("T")
ToValue: TypeAlias = Callable[[Attempts], T]


class Nothing(TypedDict):
    """No further arguments: those that come are refused, with a hint."""


class BaseClient:
    """Settings, resolved once, and the requests and values made from them."""

    _http_class: ClassVar[type[httpx.Client] | type[httpx.AsyncClient]]

    def __init__(
        self,
        *,
        api_key: str | SecretStr | None = None,
        base_url: str | None = None,
        timeout: TimeoutSetting | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        verify: bool | str | ssl.SSLContext | None = True,
        http_client: Any = None,
        think_tags: bool = False,
        images_in_text: ImagesInText | None = "text",
        stream_whole_calls: bool = False,
        dialect: DialectSetting | None = None,
        stall_timeout: float | None = STALL_TIMEOUT,
        total_timeout: float | None = None,
        max_wait: float | None = MAX_WAIT,
        pace: Pace | None = "process",
        fallback_models: Sequence[str] | None = None,
        **unknown: Unpack[Nothing],
    ) -> None:
        # An error keeps the variables of this frame.
        api_key, base_url = hidden(api_key), hidden(base_url)
        default_headers = hidden(default_headers)
        names = list(unknown)
        cast("dict[str, Any]", unknown).clear()
        otherwise = "Its docstring lists those it has. Fields of the body go with each call."
        reject_unknown(type(self).__name__, names, _SETTINGS, otherwise)
        http_client = adopted(http_client, self._http_class)
        if timeout is None and http_client is not None:
            timeout = _timeout_of(http_client)
        self._settings = settings_from(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            user_agent=user_agent,
            verify=verify,
            think_tags=think_tags,
            images_in_text=images_in_text,
            stream_whole_calls=stream_whole_calls,
            dialect=dialect,
            stall_timeout=stall_timeout,
            total_timeout=total_timeout,
            max_wait=max_wait,
            pace=pace,
            fallback_models=fallback_models,
        )
        self._http_client = http_client
        self._start()

    def _start(self) -> None:
        """Sets up what is neither pickled nor copied."""
        self._memory = Memory()
        # By embedding model: what it refused, and how many texts it takes at most.
        self._refused_by_model: defaultdict[str, Memory] = defaultdict(Memory)
        self._most_texts: dict[str, int] = {}
        self._prepared: tuple[httpx.Headers, Redactor] | None = None
        self._own_gates: Gates | None = None
        self._pid = os.getpid()
        self._forget_pool()

    def _forget_pool(self) -> None:
        """Forgets the connections without closing them."""
        raise NotImplementedError

    def __repr__(self) -> str:
        if "_settings" not in self.__dict__:
            # Its constructor failed: a debugger or pytest shows the frame.
            return f"<{type(self).__name__} without settings>"
        return f"{type(self).__name__}(base_url={self._settings.base_url!r})"

    def __getstate__(self) -> dict[str, Any]:
        """The settings without the key: a pickle is a file, and files travel."""
        names = [name for name in type(self._settings).__dataclass_fields__ if name != "api_key"]
        state = {name: getattr(self._settings, name) for name in names}
        state["headers"] = public_headers(self._settings.headers.get_secret_value())
        check_pickles(self._settings.verify)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._settings = Settings(api_key=None, **{**state, "headers": Secret(state["headers"])})
        self._http_client = None
        self._start()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A client of the same settings, key and `http_client`, with connections of its own."""
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied._settings = self._settings
        copied._http_client = self._http_client
        copied._start()
        return copied

    def __copy__(self) -> Any:
        return self.__deepcopy__({})

    def _request(
        self,
        method: str,
        path: str,
        timeout: TimeoutSetting | None,
        params: Mapping[str, Any],
    ) -> Request:
        hidden = params.get("extra_headers")
        headers, redactor = self._headers_with(hidden) if hidden else self._prepare()
        settings = self._settings
        timeout = settings.timeout if timeout is None else timeout_from(timeout, settings.timeout)
        # None in a call is no limit; what the client has is checked already.
        own: dict[str, float | None] = {}
        for name in _LIMITS:
            if name in params:
                own[name] = seconds_from(name, params[name])
        return Request(
            method,
            settings.base_url + path,
            headers,
            timeout,
            redactor,
            stall_timeout=own.get("stall_timeout", settings.stall_timeout),
            total_timeout=own.get("total_timeout", settings.total_timeout),
            max_wait=own.get("max_wait", settings.max_wait),
        )

    def _headers_with(self, hidden: Any) -> tuple[httpx.Headers, Redactor]:
        """The headers of a call with its own laid over them, and what masks them."""
        headers, redactor = self._prepare()
        try:
            merged = httpx.Headers(merge_headers(dict(headers), shown_headers(hidden)))
        except ConfigurationError as error:
            del headers  # An error keeps the variables of its frames.
            raise error.with_traceback(None) from None
        return merged, _masking(redactor, shown_headers(hidden))

    def _attempts(
        self,
        request: Request,
        memory: Memory | None = None,
        fallbacks: Fallbacks | None = None,
    ) -> Attempts:
        return Attempts(
            request,
            self._settings,
            memory=self._memory if memory is None else memory,
            watch=watch(self._settings.base_url, request.body, tracing()),
            fallbacks=fallbacks,
            gates=None if request.body is None else self._gates(request.headers),
        )

    def _gates(self, headers: httpx.Headers) -> Gates | None:
        """Where the requests of a key wait for their turn."""
        settings = self._settings
        if not settings.max_retries or settings.pace == "off":
            # Whoever wants no retries wants no waits: the call is sent once, and at once.
            return None
        if self._prepared is None or headers is not self._prepared[0]:
            # A call may bring a key of its own.
            return Gates(settings.base_url, headers, settings.pace)
        if self._own_gates is None:
            self._own_gates = Gates(settings.base_url, headers, settings.pace)
        return self._own_gates

    def _prepare(self) -> tuple[httpx.Headers, Redactor]:
        """Headers and redactor, made at the first request."""
        if self._pid != os.getpid():
            # A forked child must not use its parent's connections.
            self._start()
        if self._prepared is None:
            # A pickle holds no key, so it is read again from the environment.
            key = (self._settings.api_key or api_key_from(None)).get_secret_value()
            given = self._settings.headers.get_secret_value()
            headers = merge_headers({"Authorization": f"Bearer {key}"}, given)
            redactor = Redactor(key, partial(proxy_secrets, self._settings.base_url))
            self._prepared = (httpx.Headers(headers), _masking(redactor, given))
        return self._prepared


_LIMITS = ("stall_timeout", "total_timeout", "max_wait")
_SETTINGS = {
    name: name
    for name in signature(BaseClient.__init__).parameters
    if name not in ("self", "unknown")
}


def _masking(redactor: Redactor, headers: Mapping[str, str]) -> Redactor:
    secret = {name: value for name, value in headers.items() if is_secret_header(name)}
    return redactor.with_headers(secret)


def _timeout_of(http_client: Any) -> httpx.Timeout | None:
    """The timeout of a client handed in; None where it is httpx's default.

    The user did not choose those 5 s, and a model takes longer:
    https://www.python-httpx.org/advanced/timeouts/
    """
    timeout: httpx.Timeout = http_client.timeout
    return None if timeout == httpx.Timeout(5.0) else timeout
