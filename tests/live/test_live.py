"""The live check, against a gateway on loopback that plays New API, and against RamClouds."""

from __future__ import annotations

import os

import pytest

from ramclouds.local import local_or_remote
from scripts.asks import ASKS, Session, replies_to
from scripts.checks import CHECKS
from scripts.live import cost_line, main
from scripts.recorded import Interaction
from scripts.statements import findings
from scripts.tape import Finding, Tape, is_refusal
from tests.captures import named
from tests.gateway import Gateway, Json, Raw, Request, error
from tests.gateway.responses import Response

AT_THE_ROOT = {
    "/api/pricing": "api-pricing-m",
    "/api/usage/token/": "usage-token-limited-m",
    "/v1/embeddings": "embed-openai-list-m",
}


@pytest.fixture
def new_api(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A gateway with New API's own endpoints, named by the environment."""

    def answer(request: Request) -> Response:
        name = AT_THE_ROOT.get(request.path)
        return Raw(named(name).data) if name else gateway.model.answer(request)

    gateway.handler = answer
    gateway.model.keys = {"test-key"}
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.setenv("RAMCLOUDS_MODEL", "gpt-5")
    return gateway


def test_every_statement_holds_at_a_gateway_that_keeps_them(
    new_api: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    # The request id is one and the same for all of this gateway's replies.
    assert main() == 1
    printed = capsys.readouterr().out
    assert f"{len(CHECKS) - 1} holds, 1 DIFFERS, 0 not allowed, 0 not shown" in printed
    assert "DIFFERS      request-id" in printed
    assert "test-key" not in printed
    assert 35 <= len(new_api.requests) <= 45


def test_cost_is_shown_before_what_costs(
    new_api: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    main()
    before, _, _ = capsys.readouterr().out.partition("What gpt-5 at")
    assert "27 calls follow, of at most 8,100 tokens in and 14,336 out: at most $0.1535" in before
    free = [ask for ask in ASKS if not ask.costs]
    assert [request.method for request in new_api.requests[: len(free)]].count("GET") == 4


def test_gateway_that_hides_its_prices_costs_an_unknown_sum() -> None:
    with Session("http://127.0.0.1:9/v1", "test-key", "gpt-5") as session:
        line = cost_line(session, {})
    assert "does not tell the price of gpt-5" in line


def test_what_the_key_may_not_do_is_not_allowed(new_api: Gateway) -> None:
    refusal = error("no access", code="access_denied")
    ordinary = new_api.handler
    assert ordinary is not None

    def answer(request: Request) -> Response:
        return Json(refusal, 403) if "embeddings" in request.path else ordinary(request)

    new_api.handler = answer
    asks = [ask for ask in ASKS if ask.name == "embeddings"]
    with Session(new_api.base_url, "test-key", "gpt-5") as session:
        finding = findings(Tape(replies_to(session, asks)))["embeddings"]
    assert finding.verdict == "not allowed"


def test_wrong_key_is_a_statement_of_its_own() -> None:
    refusal = Interaction("POST", "/v1/chat/completions", {}, 403, {}, '{"error": {"code": ""}}')
    assert is_refusal(refusal)
    finding = findings(Tape({"wrong_key": [refusal]}))["wrong-key"]
    assert finding == Finding(False, "403, code ''")


@pytest.mark.live
@pytest.mark.enable_socket
@pytest.mark.skipif(not os.environ.get("RAMCLOUDS_API_KEY"), reason="needs RAMCLOUDS_API_KEY")
def test_no_statement_differs_at_ramclouds() -> None:
    with (
        local_or_remote() as remote,
        Session(remote.base_url, remote.api_key, remote.model) as session,
    ):
        found = findings(Tape(replies_to(session, ASKS)))
    assert [name for name, one in found.items() if one.verdict == "DIFFERS"] == []
