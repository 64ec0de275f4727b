"""`ramclouds doctor` before set-ups that are broken in one way each: what it names, and advises."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ramclouds.cli import _remedies
from tests.cli.account import AccountGateway, Part, error, refusing
from tests.cli.conftest import KEY, Run
from tests.client.certificates import certificate_in
from tests.client.odd_proxy import NEEDED, Script
from tests.client.wire_server import wire_server
from tests.gateway import (
    Body,
    Gateway,
    Json,
    Raw,
    Request,
    Response,
    Sse,
    WireCase,
    chunk,
    completion,
)

BARE = KEY.removeprefix("sk-")
CHATS = "/v1/chat/completions"
BLOCKED = WireCase("error_403_cf_1010_text")


def blocked(request: Request) -> Response | None:
    """Cloudflare before the gateway lets browsers pass."""
    return None if request.headers["user-agent"].startswith("Mozilla") else BLOCKED


def blocked_calls(request: Request) -> Response | None:
    return BLOCKED if request.path.startswith("/v1") else None


def redirected(request: Request) -> Response | None:
    return Body("", 301, {"Location": "https://elsewhere.localhost/v1"})


def unlisted(request: Request) -> Response | None:
    models = {"data": [{"id": "gpt-5"}, {"id": "glm-4.7"}], "object": "list"}
    return Json(models) if request.path == "/v1/models" else None


def cut(request: Request) -> Response | None:
    if request.path != CHATS or not request.json.get("stream"):
        return None
    return Sse(
        [chunk({"role": "assistant", "content": "rea"})], done=False, closed=False, ending="fin"
    )


def refusing_field(name: str, answer: Response) -> Part:
    """Refuses calls that have a field."""
    return lambda request: answer if request.path == CHATS and name in request.json else None


def bad(message: str) -> Json:
    return Json({"error": {"message": message, "type": "invalid_request_error"}}, 400)


def elsewhere(path: str, answer: Response) -> Part:
    """Answers with this at all paths but one."""
    return lambda request: None if request.path == path else answer


def with_status(**changes: Any) -> Callable[[AccountGateway], None]:
    return lambda account: account.key.update(changes)


def refused_as_unnamed(account: AccountGateway) -> None:
    account.part = refusing("/v1/models", error("Invalid token", status=401))


def expired(account: AccountGateway) -> None:
    refused_as_unnamed(account)
    account.key["expires_at"] = 1_700_000_000


def spent(account: AccountGateway) -> None:
    refused_as_unnamed(account)
    account.key["total_available"] = 0


@dataclass
class Broken:
    """What is wrong, at which check it is found, and words of what is said."""

    check: str
    words: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    part: Part | None = None
    account: Callable[[AccountGateway], None] = lambda _: None
    patience: float = 3.0
    """Seconds for a try with other settings; less where none gets a response."""


def key(value: str, *words: str, **more: Any) -> Broken:
    return Broken("key", words, {"RAMCLOUDS_API_KEY": value}, **more)


def url(value: str, check: str, *words: str, **more: Any) -> Broken:
    return Broken(check, words, {"RAMCLOUDS_BASE_URL": value}, **more)


DASHED = error("普通用户不支持指定渠道")
IP = error("您的 IP 不在令牌允许访问的列表中", "access_denied")
NO_CREDIT = error("用户额度不足, 剩余额度: 0", "insufficient_user_quota")
NO_CHANNEL = error("No available channel for model glm-4.8", "model_not_found", 503)

BROKEN: dict[str, Broken] = {
    "key_missing": key("", "No API key", "https://ramclouds.me"),
    "key_blank": key("  ", "No API key"),
    "key_in_quotes": key(f'"{KEY}"', "quotation marks", "Remove them"),
    "key_with_bearer": key(f"Bearer {KEY}", "Pass the key alone"),
    "key_with_white_space": key(f"{KEY} {KEY}", "white space", "Copy it again"),
    "key_of_another_vendor": Broken(
        "key",
        ("Anthropic", "Pass a key of RamClouds"),
        {"RAMCLOUDS_API_KEY": "sk-ant-api03-abc", "RAMCLOUDS_BASE_URL": "https://ramclouds.me/v1"},
    ),
    "key_ends_with_a_dash": Broken(
        "access",
        ("ends with a dash", "channel number"),
        {"RAMCLOUDS_API_KEY": f"{KEY}-"},
        part=refusing("/v1/models", DASHED),
    ),
    "key_begins_with_a_dash": Broken(
        "access",
        ("begins with a dash", "channel number"),
        {"RAMCLOUDS_API_KEY": f"-{BARE}"},
        part=refusing("/v1/models", error("Invalid token", status=401)),
    ),
    "user_agent_is_no_header": Broken(
        "base URL", ("User-Agent", "one line of ASCII"), {"RAMCLOUDS_USER_AGENT": "Lân"}
    ),
    "base_url_without_scheme": url("ramclouds.me/v1", "base URL", "https://ramclouds.me/v1"),
    "base_url_with_an_empty_label": url(
        "https://ram..me/v1", "base URL", "https://ramclouds.me/v1"
    ),
    "base_url_with_a_long_label": url(
        f"http://{64 * 'a'}.me/v1", "connection", "it is too long", "is plain http"
    ),
    "base_url_with_password": url("http://a:b@localhost/v1", "base URL", "must not hold"),
    "proxy_is_no_url": Broken("connection", ("HTTP_PROXY",), {"HTTP_PROXY": "ftp://127.0.0.1:9"}),
    "proxy_unknown": Broken(
        "connection",
        ("is not found", "Check HTTP_PROXY"),
        # Found too long before any server is asked for it.
        {"HTTP_PROXY": f"http://{64 * 'p'}:3128"},
        patience=0.1,
    ),
    "certificates_missing": Broken(
        "connection",
        ("SSL_CERT_FILE names certificates that cannot be read",),
        {"SSL_CERT_FILE": "/none.pem", "RAMCLOUDS_BASE_URL": "https://127.0.0.1:9/v1"},
    ),
    "redirect": Broken(
        "connection", ("https://elsewhere.localhost/v1",), part=redirected, patience=0.1
    ),
    "cloudflare": Broken(
        "connection", ("Cloudflare blocked", 'RAMCLOUDS_USER_AGENT="Mozilla/5.0'), part=blocked
    ),
    "cloudflare_for_all": Broken("access", ("it is the IP address",), part=blocked_calls),
    "gateway_down": Broken(
        "connection",
        ("521", "the gateway is down"),
        part=lambda _: Raw(b"HTTP/1.1 521 \r\nCF-RAY: a\r\nContent-Length: 6\r\n\r\n<html>"),
    ),
    "key_unknown": Broken("access", ("unknown, disabled",), account=refused_as_unnamed),
    "key_unknown_everywhere": Broken(
        "access", ("unknown, disabled",), part=elsewhere("/api/status", error("no", status=401))
    ),
    "path_unknown": Broken(
        "access", ("responded with a web page",), part=elsewhere("/api/status", Body("<html>"))
    ),
    "key_expired": Broken("access", ("It has expired, on 2023-11-14",), account=expired),
    "key_spent": Broken("access", ("Its quota is spent",), account=spent),
    "ip_not_allowed": Broken(
        "access", ("IP address of this machine",), part=refusing("/v1/models", IP)
    ),
    "nothing_left": Broken(
        "credit", ("0.0000 USD on the key", "Top up"), account=with_status(total_available=0)
    ),
    "model_unlisted": Broken(
        "models",
        ("glm-4.8 is not among", "Did you mean glm-4.7?"),
        arguments=("-m", "glm-4.8", "--no-calls"),
        part=unlisted,
    ),
    "model_for_embeddings": Broken(
        "models", ("for embeddings", "--no-calls"), arguments=("-m", "text-embedding-3-small")
    ),
    "model_unserved": Broken(
        "completion",
        ("No available channel", "Check the model's name"),
        arguments=("-m", "glm-4.8"),
        part=refusing(CHATS, NO_CHANNEL),
    ),
    "user_without_credit": Broken("completion", ("Top up",), part=refusing(CHATS, NO_CREDIT)),
    "stream_cut": Broken("stream", ("ended before the completion did",), part=cut),
    "tools_refused": Broken(
        "tools",
        ("tools are not supported", 'tool_calling="prompted"'),
        part=refusing_field("tools", bad("tools are not supported")),
    ),
    "tools_ignored": Broken(
        "tools",
        ("wrote a text instead", 'tool_calling="prompted"'),
        part=refusing_field("tools", Json(completion("Sunny"))),
    ),
    "format_refused": Broken(
        "response_format",
        ("response_format is not supported", 'tool_calling="prompted"'),
        part=refusing_field("response_format", bad("response_format is not supported")),
    ),
    "format_ignored": Broken(
        "response_format",
        ("wrote other text", 'tool_calling="prompted"'),
        part=refusing_field("response_format", Json(completion("Hanoi"))),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_set_up_is_named_with_what_to_do(
    run: Run, account: AccountGateway, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    broken = BROKEN[name]
    monkeypatch.setattr(_remedies, "_TRY_TIMEOUT", broken.patience)
    for variable, value in broken.env.items():
        monkeypatch.setenv(variable, value)
    broken.account(account)
    account.part = broken.part or account.part
    result = run("doctor", *broken.arguments)
    *before, last = [line for line in result.output.splitlines() if line[0] != " "]
    assert result.exit_code == 1, result.output
    assert last.startswith(f"fault {broken.check} "), result.output
    assert [line for line in before if line.startswith("fault")] == []
    assert [word for word in broken.words if word not in result.output] == [], result.output
    assert BARE not in result.output


BUSY = Json({"error": {"message": "busy", "code": "do_request_failed"}}, 503)


@pytest.mark.parametrize(
    ("name", "answer", "times"),
    [
        ("tools", bad("tools are not supported"), 1),
        ("tools", Json(completion("Sunny")), 1),
        ("tools", BUSY, 0),
        ("response_format", BUSY, 0),
    ],
)
def test_prompted_tools_are_advised_once_and_only_where_they_help(
    run: Run, account: AccountGateway, name: str, answer: Response, times: int
) -> None:
    account.part = refusing_field(name, answer)
    assert run("doctor").output.count("prompted") == times


@pytest.mark.parametrize("name", ["tools", "response_format"])
def test_answer_that_was_cut_off_says_nothing_about_the_model(
    run: Run, account: AccountGateway, name: str
) -> None:
    account.part = refusing_field(name, Json(completion("So", finish_reason="length")))
    result = run("doctor")
    assert (result.exit_code, "Not known: gpt-5 wrote 1024 tokens" in result.output) == (0, True)


@pytest.mark.parametrize("value", [f"{KEY},", f"`{KEY}`", f"RAMCLOUDS_API_KEY={KEY}"])
def test_odd_character_of_a_key_is_noted(
    run: Run, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", value)
    assert "no letter and no digit" in run("doctor", "--no-calls").output


def test_gateway_that_lists_no_models_and_counts_no_tokens(
    run: Run, account: AccountGateway
) -> None:
    def part(request: Request) -> Response | None:
        if request.path == "/v1/models":
            return Json({"data": [], "object": "list"})
        is_plain = request.path == CHATS and request.json.keys() <= {
            "model",
            "messages",
            "max_tokens",
        }
        return Json(completion("ready", usage=None)) if is_plain else None

    account.part = part
    result = run("doctor", "-m", "gpt-5")
    assert result.exit_code == 0
    assert "The gateway lists no models. The calls ask gpt-5." in result.output


def test_no_model_of_another_kind_is_asked(
    run: Run, account: AccountGateway, gateway: Gateway
) -> None:
    names = ("dall-e-3", "whisper-1", "bge-reranker-v2", "mystery-7b")
    listed = Json({"data": [{"id": name} for name in names], "object": "list"})
    account.part = refusing("/v1/models", listed)
    assert run("doctor").exit_code == 0
    assert gateway.last.json["model"] == "mystery-7b"


def test_base_url_without_v1_is_tried_with_it(run: Run, gateway: Gateway) -> None:
    result = run("doctor", "--base-url", gateway.base_url.removesuffix("/v1"))
    assert result.exit_code == 1
    assert "does not end in /v1" in result.output
    assert f"This one works: RAMCLOUDS_BASE_URL={gateway.base_url}\n" in result.output


def test_http_before_a_gateway_that_speaks_tls(
    run: Run, account: AccountGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_in(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Gateway(tls=context) as secure:
        account.gateway = secure
        result = run("doctor", "--base-url", secure.base_url.replace("https", "http"))
    assert f"With https it works: RAMCLOUDS_BASE_URL={secure.base_url}\n" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("certificate", "is_trusted", "words"),
    [
        ({}, False, "name its root certificate"),
        ({"days": -1}, True, "It has expired, or the clock"),
        ({"host": "elsewhere.test"}, True, "Another server responded"),
    ],
)
def test_certificate_that_is_not_good(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: dict[str, Any],
    is_trusted: bool,
    words: str,
) -> None:
    path = certificate_in(tmp_path, **certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with Gateway(tls=context) as secure:
        result = run("doctor", "--base-url", secure.base_url)
    assert result.exit_code == 1
    assert words in result.output


def test_https_before_a_gateway_without_tls(run: Run) -> None:
    def play(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request")
        connection.recv(65_536)

    with wire_server(play) as plain:
        result = run("doctor", "--base-url", plain.base_url.replace("http", "https"))
    assert result.exit_code == 1
    assert "does not speak TLS on this port" in result.output


def test_gateway_that_is_not_there(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = run("doctor", "--base-url", f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
    assert result.exit_code == 1
    assert "Cannot connect" in result.output


def test_name_that_nobody_knows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = run("doctor", "--base-url", "https://ramcluods.me/v1")
    assert result.exit_code == 1
    assert "The name ramcluods.me is not found (Name or service not known)" in result.output


def test_proxy_that_wants_a_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Script(NEEDED)
    monkeypatch.setattr(_remedies, "_TRY_TIMEOUT", 0.1)  # it responds once
    monkeypatch.setenv("HTTP_PROXY", f"http://user:hidden-word@127.0.0.1:{proxy.port}")
    result = run("doctor")
    proxy.close()
    assert result.exit_code == 1
    assert f"through the proxy http://127.0.0.1:{proxy.port}." in result.output
    assert "asks for a user" in result.output
    assert "hidden-word" not in result.output


def test_all_is_well(run: Run, gateway: Gateway) -> None:
    result = run("doctor", "-m", "gpt-5")
    assert result.exit_code == 0
    lines = [line[:40].split(maxsplit=1) for line in result.output.splitlines()]
    assert [words[0] for words in lines] == ["ok"] * 8 + ["note"] + ["ok"] * 4 + ["All"]
    assert "at most $" in result.output.splitlines()[8]
    assert "the family gpt-5" in result.output.splitlines()[7]
    chats = [one for one in gateway.requests if one.path == CHATS]
    assert len(chats) == 4
    assert all(one.json["max_completion_tokens"] <= 1024 for one in chats)


def test_no_calls_asks_no_model(run: Run, gateway: Gateway) -> None:
    result = run("doctor", "--no-calls")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "All is well.")
    assert [one for one in gateway.requests if one.method == "POST"] == []


def test_gateway_that_is_no_new_api(run: Run, account: AccountGateway) -> None:
    account.part = lambda request: (
        Json({"detail": "Not Found"}, 404) if request.path.startswith("/api/") else None
    )
    result = run("doctor")
    assert result.exit_code == 0
    assert "does not tell its version" in result.output
    assert "does not tell what is left" in result.output


def test_model_asked_for_json_by_a_tool_is_not_asked_for_a_format(run: Run) -> None:
    result = run("doctor", "-m", "claude-sonnet-4-5")
    assert result.exit_code == 0
    assert "is asked by a tool for structured output" in result.output


def test_changes_for_the_family_of_the_model_are_shown(run: Run) -> None:
    result = run("doctor", "-m", "glm-4.7", "--no-calls")
    assert "to the family glm: the forced tool call is asked for in words." in result.output


def test_report_as_json(run: Run, account: AccountGateway) -> None:
    spent(account)
    result = run("doctor", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["ok"] is False
    assert [one["check"] for one in report["findings"]] == [
        "key",
        "base URL",
        "connection",
        "access",
    ]
    assert report["findings"][-1]["state"] == "fault"
    assert report["findings"][-1]["advice"].startswith("Its quota is spent")
