"""Settings that cannot be: each error names the setting that is wrong, and shows no secret."""

from __future__ import annotations

import builtins
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ramclouds import AsyncClient, Client, ConfigurationError
from ramclouds.bridge.dialects import DialectChoice
from tests.harness import EACH_TWIN, Calls, in_row
from tests.harness.walk import Walk

Connect = Callable[..., Calls]
CANARY = "c4narybird"
INFINITE = float("inf")

WRONG: list[tuple[dict[str, Any], str]] = [
    *(
        ({"timeout": timeout}, "timeout")
        for timeout in (0, -1, -INFINITE, float("nan"), "5", True, (1, 2), httpx.Timeout(0))
    ),
    *(
        ({"timeout": httpx.Timeout(5, **{phase: value})}, f"timeout for {phase}")
        for phase in ("connect", "read", "write", "pool")
        for value in (0, -1, float("nan"), "5", True)
    ),
    ({"timeout": {"read": 2, "reed": 1}}, "timeout has no part 'reed'"),
    *(
        ({"timeout": {"read": value}}, "timeout for read")
        for value in (0, float("nan"), "5", True, [2])
    ),
    *(({"verify": verify}, "verify") for verify in (5, 0, "", b"x", ["ca.pem"])),
    *(
        ({"base_url": url}, "base_url")
        for url in (
            f"http://u:{CANARY}/x@h",
            f"http://u:{CANARY}#x@h",
            f"http://u:{CANARY}?x@h/v1",
            f"https://h:{CANARY}/v1",
            f"https://u:p@{CANARY}@h/v1",
            f"https://u:%20{CANARY}@h/v1",
            f"u:{CANARY}@h",
            f"ftp://h:{CANARY}",
            f"https://:{CANARY}@h",
            "https://xn--\u2603\u2603--.example",
            f"https://a b{CANARY}:x",
            f"https://h\x00:{CANARY}",
            5,
        )
    ),
    *(
        ({"default_headers": headers}, "[Hh]eader")
        for headers in (
            f"Authorization: {CANARY}",
            [("Authorization", CANARY)],
            {"Authorization": CANARY.encode()},
            {"Authorization": [CANARY]},
            {"Authorization": f"{CANARY}\n"},
            {"Authorization": f"{CANARY}é"},
        )
    ),
    *(
        ({"api_key": key}, "key")
        for key in ([CANARY], (CANARY,), {"key": CANARY}, CANARY.encode(), f"{CANARY} x")
    ),
    *(({"user_agent": agent}, "User-Agent") for agent in ("me\n", "mé", 5)),
    *(
        ({"dialect": dialect}, word)
        for dialect, word in (
            ("nonne", "'none'"),
            ("x", "auto, none, safe"),
            (5, "dialect"),
            (DialectChoice("autoo"), "'auto'"),
            (DialectChoice(replay_reasoning="x"), "replay_reasoning='x'"),  # type: ignore[arg-type]
            (DialectChoice(merge_system_messages=5), "merge_system"),  # type: ignore[arg-type]
        )
    ),
    # A right key beside a wrong setting.
    ({"max_retries": -1}, "max_retries"),
    ({"http_client": 5}, "http_client"),
]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_wrong_setting_is_named_and_not_shown(kind: Any) -> None:
    for settings, name in WRONG:
        given = {"api_key": f"sk-{CANARY}", "default_headers": {"Cookie": CANARY}, **settings}
        with pytest.raises(ConfigurationError, match=name) as caught:
            kind(**given)
        texts = [text for _, text in Walk().texts(caught.value) if CANARY in text]
        assert texts == []
        # What a debugger shows of the frames.
        frames = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(caught.tb)]
        assert f"<{kind.__name__} without settings>" in map(repr, frames)


@EACH_TWIN
def test_timeout_without_an_end_is_no_limit(connect: Connect) -> None:
    for timeout in [INFINITE, 1e300, 10**400, 1e10, httpx.Timeout(5, read=INFINITE, connect=1e9)]:
        with in_row(timeout):
            assert connect(timeout=timeout).complete().text
            assert connect().complete(timeout=timeout).text


@EACH_TWIN
def test_timeout_of_one_call_is_checked(connect: Connect) -> None:
    with pytest.raises(ConfigurationError, match="read"):
        connect().complete(timeout=httpx.Timeout(5, read=0))


@EACH_TWIN
def test_host_that_is_not_ascii_is_asked_by_its_idna_name(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = connect(base_url="http://bücher.localhost:9/v1")
    assert calls.client._settings.base_url == "http://xn--bcher-kva.localhost:9/v1"


PROXIES: dict[str, str] = {
    f"http://u:{CANARY}/x@127.0.0.1:9": "HTTP_PROXY is not the URL",
    f"http://u:{CANARY}#x@127.0.0.1:9": "HTTP_PROXY is not the URL",
    f"http://u:{CANARY}?x@127.0.0.1:9": "HTTP_PROXY is not the URL",
    f"http://u:12345/{CANARY}@127.0.0.1:9": "HTTP_PROXY is not the URL",
    f"127.0.0.1:{CANARY}": "HTTP_PROXY is not the URL",
    f"http://u:{CANARY}@:3128": "no host",
    "http://": "no host",
    f"socks4://u:{CANARY}@127.0.0.1:9": "unknown kind",
    f"http://u:{CANARY}@127.0.0.1:1": "cannot be reached",
    f"http://u:p@{CANARY}@127.0.0.1:1": "cannot be reached",
    f"http://u:%40{CANARY}@127.0.0.1:1": "cannot be reached",
}


@EACH_TWIN
def test_wrong_proxy_is_named_and_not_shown(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, text in PROXIES.items():
        monkeypatch.setenv("HTTP_PROXY", url)
        with pytest.raises((ConfigurationError, ConnectionError), match=text) as caught:
            connect().complete()
        assert [found for _, found in Walk().texts(caught.value) if CANARY in found] == []


CERTIFICATES: dict[str, dict[str, str]] = {
    "verify": {},
    "SSL_CERT_FILE": {"SSL_CERT_FILE": "{path}"},
}


@EACH_TWIN
@pytest.mark.parametrize("name", CERTIFICATES)
def test_wrong_certificates_are_named(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path in (empty, tmp_path / "missing.pem"):
        for variable, value in CERTIFICATES[name].items():
            monkeypatch.setenv(variable, value.format(path=path))
        verify = path if name == "verify" else True
        with pytest.raises(ConfigurationError, match=f"^{name} names.*{path.name}"):
            connect(base_url="https://127.0.0.1:9/v1", verify=verify).complete()


@EACH_TWIN
def test_missing_package_is_named(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("ramclouds._http.transports"):
            raise ModuleNotFoundError("No module named 'httptools'", name="httptools")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match="httptools"):
        connect().complete()
