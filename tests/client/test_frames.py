"""No secret in what an error keeps alive: its frames, its causes and all their attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from ramclouds import ConfigurationError, RamCloudsError, UsageMeter
from tests.gateway import Gateway, Json, error
from tests.harness import EACH_TWIN, Calls, Twin, each_row
from tests.harness.failing import FAILURES, PASSWORD, failing
from tests.harness.walk import Walk

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN

CANARY = "c4narybirdc4narybird"
HEADER = "h34d3rc4narybird"
CALL = "c00k13c4narybird"
TEXT = "t3xtc4narybird"
MESSAGES = [{"role": "user", "content": TEXT}]
SENT: dict[str, Any] = {
    "complete": {"messages": MESSAGES},
    "stream": {"messages": MESSAGES},
    "embed": {"input": [TEXT]},
}
SECRETS = (TEXT, CANARY, HEADER, CALL, PASSWORD, "aDM0ZDNy")


def caught(connect: Connect, method: str, kind: str, gateway: Gateway, **more: Any) -> Any:
    """The error of a call that fails."""
    with failing(kind, gateway) as settings:
        proxy = settings.pop("proxy", None)
        with pytest.MonkeyPatch.context() as patch:
            if proxy:
                patch.setenv("HTTP_PROXY", proxy)
            headers = {"X-Api-Key": HEADER, "Proxy-Authorization": f"Basic {HEADER}"}
            calls = connect(api_key=f"sk-{CANARY}", default_headers=headers, **settings, **more)
            with pytest.raises(RamCloudsError) as info:
                getattr(calls, method)(extra_headers={"Cookie": f"a={CALL}"}, **SENT[method])
        return info.value


def found(error: BaseException) -> tuple[str, ...]:
    """Where a secret is."""
    return tuple(
        f"{path}: {text[:200]}"
        for path, text in Walk().texts(error)
        if any(secret in text for secret in SECRETS)
    )


@pytest.mark.parametrize("method", SENT)
def test_no_secret_is_kept_by_an_error(gateway: Gateway, connect: Connect, method: str) -> None:
    leaks = {kind: found(caught(connect, method, kind, gateway)) for kind in FAILURES}
    assert leaks == dict.fromkeys(FAILURES, ())


@each_row("method", ["complete", "stream"])
def test_no_secret_is_kept_where_all_models_fail(
    gateway: Gateway, connect: Connect, method: str, waits: list[float]
) -> None:
    for kind in ("500", "error_in_200", "401"):
        gateway.handler = lambda _: Json(error("failed", "upstream_error"), 500)
        raised = caught(connect, method, kind, gateway, fallback_models=["glm-4.6"], max_retries=1)
        assert found(raised) == ()
    assert len(gateway.requests) > 3


@pytest.mark.parametrize("method", SENT)
def test_no_secret_is_kept_by_an_error_that_observers_heard(
    gateway: Gateway, connect: Connect, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", TracerProvider(shutdown_on_exit=False))
    with UsageMeter() as meter:
        leaks = {kind: found(caught(connect, method, kind, gateway)) for kind in FAILURES}
    assert leaks == dict.fromkeys(FAILURES, ())
    assert meter.total.failed_calls == len(FAILURES)


WRONG: tuple[Any, ...] = (
    {"X-Api-Key": f"{HEADER}\n"},
    {"X Y": HEADER},
    {"X-Api-Key": [HEADER]},
    f"X-Api-Key: {HEADER}",
    [("X-Api-Key", HEADER)],
)


@pytest.mark.parametrize("method", SENT)
def test_no_secret_is_kept_by_an_error_about_the_headers_of_a_call(
    connect: Connect, method: str
) -> None:
    for headers in WRONG:
        calls = connect(api_key=f"sk-{CANARY}", default_headers={"X-Api-Key": HEADER})
        with pytest.raises(ConfigurationError) as info:
            getattr(calls, method)(extra_headers=headers)
        held = [path for path, text in Walk().texts(info.value) if CANARY in text or HEADER in text]
        assert (headers, held) == (headers, [])


OWN: dict[bool, Any] = {False: httpx.Client, True: httpx.AsyncClient}


@pytest.mark.parametrize("method", SENT)
def test_no_secret_is_kept_with_a_client_of_the_users_own(
    gateway: Gateway, connect: Connect, twin: Twin, method: str
) -> None:
    kinds = [kind for kind in FAILURES if kind != "proxy"]
    own = {"http_client": OWN[twin.is_async](trust_env=False)}
    leaks = {kind: found(caught(connect, method, kind, gateway, **own)) for kind in kinds}
    assert leaks == dict.fromkeys(kinds, ())


def test_no_secret_is_kept_by_an_interrupt(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ramclouds._attempts.Attempts.received", interrupt)
    with pytest.raises(KeyboardInterrupt) as info:
        connect(api_key=f"sk-{CANARY}").complete(messages=MESSAGES)
    assert found(info.value) == ()
