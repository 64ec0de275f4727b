"""A client's settings, and the requests made from them: all that both clients share."""

from __future__ import annotations

import os
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, cast

import httpx
from pydantic import Secret, SecretStr
from typing_extensions import TypedDict, Unpack

from ramclouds._account import GatewayStatus
from ramclouds._addresses import proxy_secrets
from ramclouds._attempts import Attempts
from ramclouds._batching import Batching
from ramclouds._complete import account_value_from, completion_from, models_from
from ramclouds._embed import embeddings_from
from ramclouds._failures.model_names import remember_models
from ramclouds._failures.redact import Redactor
from ramclouds._fallback import Fallbacks
from ramclouds._fitting import fitted, remember_channels
from ramclouds._http.foreign import adopted
from ramclouds._observers import watch
from ramclouds._pace.registry import Gates, gates_of
from ramclouds._prices.known import remember_prices, remembered_prices
from ramclouds._prices.price import Prices
from ramclouds._request import Memory, Request
from ramclouds._settings import (
    Settings,
    api_key_from,
    hidden,
    merge_headers,
    seconds_from,
    settings_from,
    timeout_from,
)
from ramclouds._stream.reader import StreamReader
from ramclouds._traces.switch import tracing
from ramclouds._wire.account import to_billed, to_gateway_status, to_key_status
from ramclouds._wire.chat.ending import Reading
from ramclouds._wire.chat.request_body import (
    USAGE_FIELD,
    Message,
    body_from,
    can_be_streamed,
    gets_usage,
    make_streamed,
    stream_body_from,
)
from ramclouds._wire.embeddings.request_body import (
    ENCODING,
    Input,
    count_of,
    embeddings_body,
)
from ramclouds._wire.embeddings.vectors import require_numpy
from ramclouds._wire.prices import to_prices
from ramclouds.bridge.dialects import DialectSetting, to_choice
from ramclouds.bridge.fallback_models import check_fallback_models
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.prepare import Prepared
from ramclouds.bridge.settings import (
    MAX_WAIT,
    STALL_TIMEOUT,
    Pace,
    check_pickles,
    hide_headers,
    is_secret_header,
    public_headers,
    reject_unknown,
    shown_headers,
)
from ramclouds.errors import ConfigurationError
from ramclouds.models import embedding_facts
from ramclouds.types import Completion, Embeddings, KeyStatus, Model

if TYPE_CHECKING:
    from ramclouds._fallback import MakeRequest

T = TypeVar("T")
ToValue: TypeAlias = Callable[[Attempts], T]

_COMPLETIONS = "/chat/completions"
_EMBEDDINGS = "/embeddings"
_PRICES = "/api/pricing"
# For each base URL, the models whose converted responses have carried `input_tokens`: shared by all
# clients of the process, since it is a fact about the gateway's channels.
_COUNTING: defaultdict[str, set[str]] = defaultdict(set)


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
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        verify: bool | str | ssl.SSLContext = True,
        http_client: Any = None,
        think_tags: bool = False,
        images_in_text: ImagesInText = "text",
        stream_whole_calls: bool = False,
        dialect: DialectSetting | None = None,
        stall_timeout: float | None = STALL_TIMEOUT,
        total_timeout: float | None = None,
        max_wait: float | None = MAX_WAIT,
        pace: Pace = "process",
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

    def _complete_attempts(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        return self._chat_attempts(self._whole_request, model, messages, timeout, params)

    def _whole_request(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Request:
        request = self._request("POST", _COMPLETIONS, timeout, params)
        prepared = self._fit(request, body_from(model, messages, params), params)
        is_streamed = self._settings.stream_whole_calls or model in self._memory.streamed_models
        if (is_streamed or prepared.as_stream) and can_be_streamed(prepared.body):
            self._make_streamed(request, stream_usage=None)
        else:
            # OpenAI refuses it beside a whole request.
            prepared.body.pop(USAGE_FIELD, None)
        return request

    def _stream_attempts(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        return self._chat_attempts(self._stream_request, model, messages, timeout, params)

    def _stream_request(
        self,
        model: str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Request:
        request = self._request("POST", _COMPLETIONS, timeout, params)
        self._fit(request, stream_body_from(model, messages, params), params)
        self._make_streamed(request, stream_usage=params.get("stream_usage"))
        return request

    def _chat_attempts(
        self,
        make: MakeRequest,
        model: str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        hide_headers(params)
        fallbacks = self._fallbacks(model, params)
        if fallbacks is None:
            return self._attempts(make(model, messages, timeout, params))
        fallbacks.make, fallbacks.params = make, {**params, "timeout": timeout}
        fallbacks.params["messages"] = messages
        fallbacks.is_by_hand = self._settings.dialect is None
        return self._attempts(fallbacks.request(), fallbacks=fallbacks)

    def _fallbacks(self, model: str, params: Mapping[str, Any]) -> Fallbacks | None:
        """The models of one call; None where there is only one."""
        given = params.get("fallback_models", self._settings.fallback_models)
        if given is None or isinstance(given, Fallbacks):
            return given
        if "fallback_models" in params:
            check_fallback_models(given, model)
        if not given:
            return None
        key = hash(self._prepare()[0].get("authorization"))
        account = (self._settings.base_url, key)
        return Fallbacks(model, given, account, self._settings.max_retries)

    def _fit(self, request: Request, body: dict[str, Any], params: Mapping[str, Any]) -> Prepared:
        choice = to_choice(params.get("dialect")) or self._settings.dialect
        rests = body["model"] in self._memory.effortless_models
        request.prepared = fitted(body, choice, self._settings.base_url, rests=rests)
        request.body = request.prepared.body
        return request.prepared

    def _embed_attempts(
        self,
        model: str,
        texts: Input,
        encoding_format: str | None,
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        hide_headers(params)
        request = self._request("POST", _EMBEDDINGS, timeout, params)
        request.body = embeddings_body(model, texts, encoding_format, params)
        memory = self._refused_by_model[model]
        if encoding_format is None:
            # Base64 is a third of the bytes of floats, and quicker to read.
            request.optional_field = ENCODING
            if ENCODING in memory.refused_fields:
                del request.body[ENCODING]
        return self._attempts(request, memory)

    def _batching(self, texts: Sequence[str], model: str, **settings: Any) -> Batching:
        return Batching(texts, embedding_facts(model), self._most_texts, **settings)

    def _make_streamed(self, request: Request, *, stream_usage: bool | None) -> None:
        assert request.body is not None
        request.optional_field = make_streamed(
            request.body, stream_usage=stream_usage, refused=self._memory.refused_fields
        )

    def _models_attempts(self, timeout: float | httpx.Timeout | None) -> Attempts:
        return self._attempts(self._request("GET", "/models", timeout, {}))

    def _root_attempts(self, path: str, timeout: float | httpx.Timeout | None) -> Attempts:
        """A request below the gateway's root, where `/v1` is a folder."""
        request = self._request("GET", "", timeout, {})
        request.url = self._settings.base_url.removesuffix("/v1") + path
        return self._attempts(request)

    def _prices_attempts(self, timeout: float | httpx.Timeout | None) -> Attempts:
        attempts = self._root_attempts(_PRICES, timeout)
        # It needs no key, and where it asks for a login no key of a model will do.
        headers = attempts.request.headers = attempts.request.headers.copy()
        headers.pop("authorization", None)
        return attempts

    def _request(
        self,
        method: str,
        path: str,
        timeout: float | httpx.Timeout | None,
        params: Mapping[str, Any],
    ) -> Request:
        hidden = params.get("extra_headers")
        headers, redactor = self._headers_with(hidden) if hidden else self._prepare()
        settings = self._settings
        timeout = timeout_from(timeout, settings.timeout)
        return Request(
            method,
            settings.base_url + path,
            headers,
            timeout,
            redactor,
            stall_timeout=_limit("stall_timeout", settings, params),
            total_timeout=_limit("total_timeout", settings, params),
            max_wait=_limit("max_wait", settings, params),
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
        if not settings.max_retries:
            # Whoever wants no retries wants no waits: the call is sent once, and at once.
            return None
        if self._prepared is None or headers is not self._prepared[0]:
            # A call may bring a key of its own.
            return gates_of(settings.base_url, headers, settings.pace)
        if self._own_gates is None:
            self._own_gates = gates_of(settings.base_url, headers, settings.pace)
        return self._own_gates

    def _to_completion(self, attempts: Attempts) -> Completion:
        return completion_from(attempts.head(), attempts.body, self._reading(attempts))

    def _to_embeddings(self, texts: Input, *, as_numpy: bool) -> ToValue[Embeddings]:
        if as_numpy:
            require_numpy()
        return partial(self._embeddings_of, count_of(texts), as_numpy)

    def _embeddings_of(self, count: int, as_numpy: bool, attempts: Attempts) -> Embeddings:
        found = embeddings_from(attempts.head(), attempts.body, count, as_numpy=as_numpy)
        if found.usage is not None and attempts.request.body is not None:
            found.usage._billed_as = (self._settings.base_url, attempts.request.body["model"])
        return found

    def _to_models(self, attempts: Attempts) -> list[Model]:
        models = models_from(attempts.head(), attempts.body)
        remember_models(self._settings.base_url, (model.id for model in models))
        remember_channels(self._settings.base_url, models)
        return models

    def _to_key_status(self, attempts: Attempts) -> KeyStatus:
        return account_value_from(attempts.head(), attempts.body, to_key_status)

    def _to_gateway_status(self, attempts: Attempts) -> GatewayStatus:
        return account_value_from(attempts.head(), attempts.body, to_gateway_status)

    def _to_billed(self, attempts: Attempts) -> float:
        return account_value_from(attempts.head(), attempts.body, to_billed)

    def _to_prices(self, group: str | None) -> ToValue[Prices]:
        return partial(self._prices_in, group)

    def _prices_in(self, group: str | None, attempts: Attempts) -> Prices:
        to_value = partial(to_prices, group=group)
        prices = account_value_from(attempts.head(), attempts.body, to_value)
        remember_prices(self._settings.base_url, prices, time.monotonic())
        return prices

    def _known_prices(self, group: str | None, max_age: float) -> Prices | None:
        return remembered_prices(self._settings.base_url, group, max_age, time.monotonic())

    def _reader(self, attempts: Attempts) -> StreamReader:
        return StreamReader(attempts.head(), self._reading(attempts))

    def _reading(self, attempts: Attempts) -> Reading:
        body, prepared = attempts.request.body, attempts.request.prepared
        assert body is not None
        assert prepared is not None
        return Reading(
            think_tags=self._settings.think_tags,
            images_in_text=self._settings.images_in_text,
            model=body["model"],
            has_tools=bool(body.get("tools")),
            has_usage=gets_usage(body),
            stop=prepared.stop,
            token_limit=prepared.token_limit,
            counting=_COUNTING[self._settings.base_url],
            base_url=self._settings.base_url,
            tool_names=prepared.tool_names,
            stands_in_for=attempts.fallbacks.stands_in_for if attempts.fallbacks else None,
            arguments=prepared.arguments,
        )

    def _prepare(self) -> tuple[httpx.Headers, Redactor]:
        """Headers and redactor, made at the first request."""
        if self._pid != os.getpid():
            # A forked child must not use its parent's connections.
            self._start()
        if self._prepared is None:
            # A pickle carries no key: it is read again, where the client is now.
            key = (self._settings.api_key or api_key_from(None)).get_secret_value()
            given = self._settings.headers.get_secret_value()
            headers = merge_headers({"Authorization": f"Bearer {key}"}, given)
            redactor = Redactor(key, proxy_secrets(self._settings.base_url))
            self._prepared = (httpx.Headers(headers), _masking(redactor, given))
        return self._prepared


_SETTINGS = {
    name: name
    for name in signature(BaseClient.__init__).parameters
    if name not in ("self", "unknown")
}


def _masking(redactor: Redactor, headers: Mapping[str, str]) -> Redactor:
    secret = {name: value for name, value in headers.items() if is_secret_header(name)}
    return redactor.with_headers(secret)


def _limit(name: str, settings: Settings, params: Mapping[str, Any]) -> float | None:
    """A limit of one call, where None is no limit, or the client's, which is checked already."""
    return seconds_from(name, params[name]) if name in params else getattr(settings, name)


def _timeout_of(http_client: Any) -> httpx.Timeout | None:
    """The timeout of a client handed in; None where it is httpx's default.

    The user did not choose those 5 s, and a model takes longer.
    """
    timeout: httpx.Timeout = http_client.timeout
    return None if timeout == httpx.Timeout(5.0) else timeout
