"""The key: searched for in everything that a client prints, logs, raises and pickles."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ramclouds import AsyncClient, Client, RamCloudsError
from tests.gateway import Body, Drop, Gateway, Hang, Json, Raw, Sse, WireCase, chunk, error
from tests.gateway.responses import Response
from tests.harness import ASK, EACH_TWIN, Calls, in_row

CANARY = "sk-c4narybirdc4narybird"
BARE = CANARY.removeprefix("sk-")
Connect = Callable[..., Calls]


def wrong_key(key: str) -> dict[str, Any]:
    """An error in which the gateway repeats the key, whole and in pieces."""
    text = f"Invalid token {key} (Authorization: Bearer {key}), sk-c4n***ird"
    return error(text, "new_api_error", "", key=key, metadata={"header": f"Bearer {key}"})


ANSWERS: dict[str, Response] = {
    "json": Json(wrong_key(CANARY), 401, {"X-Echo": f"Bearer {CANARY}"}),
    "json_without_prefix": Json(wrong_key(BARE), 403),
    "key_as_a_name": Json({"error": {CANARY: CANARY, "message": "no"}}, 400),
    "text": Body(f"Bearer {CANARY} is wrong", 500),
    "html": Body(f"<html>{CANARY}</html>", 403),
    "web_page": Body(f"<html>{CANARY}</html>", headers={"Content-Type": "text/html"}),
    "error_in_200": Json(wrong_key(CANARY)),
    "bare_text_in_200": Body(f"hello {CANARY}"),
    "error_event": Sse([chunk({"content": "a"}), wrong_key(CANARY)]),
    "bad_event": Sse([chunk({"content": "a"}), f"data: {{broken {CANARY}\n\n"]),
    "bare_error": Sse([chunk({"content": "a"}), f'{{"error":{{"message":"{CANARY}"}}}}']),
    "redirect": Body("", 302, {"Location": f"https://elsewhere.invalid/?key={CANARY}"}),
    "dropped": Drop("headers"),
    "cut": Drop("mid_body", how="fin"),
    "timeout": Hang("headers"),
    "no_http": Raw(f"Bearer {CANARY}\r\n\r\n".encode()),
    "wire": WireCase("error_401_invalid_key"),
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that anybody logs at any level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield text
    root.setLevel(before)
    root.removeHandler(handler)


def locals_of(raised: BaseException) -> Iterator[str]:
    """The local variables of our frames, as some tracebacks show them."""
    whole = traceback.TracebackException.from_exception(raised, capture_locals=True)
    for frame in whole.stack:
        if "/ramclouds/_" in frame.filename:
            yield str(frame.locals)


def everything_on(raised: BaseException | None) -> Iterator[str]:
    while raised is not None:
        yield from (str(raised), repr(raised), repr(raised.args))
        if isinstance(raised, RamCloudsError):
            yield repr(vars(raised))
        yield "".join(traceback.format_exception(raised))
        response = getattr(raised, "response", None)
        if isinstance(response, httpx.Response):
            yield from (response.text, repr(response.headers.raw), str(response.url))
            yield repr(response.request.headers.raw)
        request = vars(raised).get("_request")
        if request is not None:
            yield repr(request.headers.raw)
        raised = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)


# What is waited for never comes.
TIMEOUTS = {"timeout": httpx.Timeout(10, read=0.05)}
STREAMED = ["error_event", "bad_event", "bare_error", "cut", "error_in_200"]
ASKED = [*(("complete", kind) for kind in ANSWERS), *(("stream", kind) for kind in STREAMED)]


@EACH_TWIN
def test_key_is_in_no_error_and_no_log(
    gateway: Gateway, connect: Connect, log: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    for method, kind in ASKED:
        with in_row(method, kind):
            gateway.forget()
            # At DEBUG, httpcore logs the head of an answer as it came.
            echoes = kind in {"json", "redirect", "no_http"}
            caplog.set_level(logging.INFO if echoes else logging.DEBUG, "httpcore")
            gateway.reply(ANSWERS[kind])
            calls = connect(api_key=CANARY, timeout=TIMEOUTS.get(kind, 10))
            with pytest.raises(RamCloudsError) as caught:
                getattr(calls, method)()
            assert gateway.last.key == CANARY
            assert BARE not in "\n".join(everything_on(caught.value))
            assert BARE.encode() not in pickle.dumps(caught.value)
            assert BARE not in log.getvalue()


@EACH_TWIN
def test_key_is_in_no_local_variable_that_a_traceback_shows(
    gateway: Gateway, connect: Connect
) -> None:
    for kind in ["dropped", "timeout", "wire"]:
        for method in ["complete", "stream"]:
            with in_row(kind, method):
                gateway.forget()
                gateway.reply(ANSWERS[kind])
                with pytest.raises(RamCloudsError) as caught:
                    getattr(connect(api_key=CANARY, timeout=TIMEOUTS.get(kind, 10)), method)()
                assert BARE not in "\n".join(locals_of(caught.value))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_key_is_in_no_text_of_a_client(kind: type[Client] | type[AsyncClient]) -> None:
    client = kind(api_key=SecretStr(CANARY))
    for text in (repr(client), str(client), repr(vars(client))):
        assert BARE not in text
    assert BARE.encode() not in pickle.dumps(client)


def test_key_is_in_no_text_of_a_used_client(gateway: Gateway, log: io.StringIO) -> None:
    with Client(api_key=CANARY, base_url=gateway.base_url) as client:
        answer = client.complete(**ASK)
        chunks = list(client.stream(**ASK))
        texts = [repr(client), repr(vars(client)), repr(answer), repr(chunks), log.getvalue()]
        assert BARE not in "".join(texts)
        assert BARE.encode() not in pickle.dumps(client)
        assert BARE.encode() not in pickle.dumps((answer, chunks))


def test_masked_key_still_says_which_it_was(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Json(wrong_key(CANARY), 401))
    with pytest.raises(RamCloudsError, match=r"sk-\S*\*\*\*"):
        connect(api_key=CANARY).complete()


@pytest.mark.parametrize("pair", [("default_headers", None), (None, "extra_headers")])
def test_key_in_a_header_of_the_users_own_is_not_logged(
    gateway: Gateway, connect: Connect, log: io.StringIO, pair: tuple[str | None, str | None]
) -> None:
    setting, param = pair
    headers = {"Authorization": f"Bearer {CANARY}"}
    calls = connect(**({setting: headers} if setting else {}))
    gateway.reply(Json(wrong_key(CANARY), 401))
    with pytest.raises(RamCloudsError) as caught:
        calls.complete(**({param: headers} if param else {}))
    assert gateway.last.key == CANARY
    assert BARE not in "\n".join(everything_on(caught.value)) + log.getvalue()
