"""Recording and its report, against a gateway on loopback that plays New API."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import record
from scripts.checks import CHECKS
from scripts.compare import differences
from scripts.recorded import CASSETTES, server_of
from scripts.report import DOCUMENT, report_on
from scripts.statements import statements_in
from tests.gateway import Gateway

LOCAL = CASSETTES / "llama.cpp-smollm2"


def test_each_statement_is_checked() -> None:
    assert list(statements_in(DOCUMENT.read_text("utf-8"))) == list(CHECKS)


def test_report_on_the_local_model() -> None:
    found = report_on(LOCAL)
    assert {name for name, finding in found.items() if finding.agrees is False} == {
        "version",
        "request-id",
        "usage-unasked",
        "error-shape",
        "wrong-key",
        "wrong-path",
        "endpoint-types",
    }
    assert {name for name, finding in found.items() if finding.agrees is None} == {
        "reasoning-field",
        "malformed",
        "unknown-model",
        "key-status",
        "prices",
    }


def test_recording_does_not_differ_from_itself() -> None:
    assert list(differences(LOCAL, LOCAL)) == []


def test_recording_that_holds_the_key_is_deleted(tmp_path: Path) -> None:
    cassette = tmp_path / "server" / "ramclouds" / "plain.yaml"
    cassette.parent.mkdir(parents=True)
    cassette.write_text("the key abcdef is unknown", "utf-8")
    record.remove_what_holds("sk-another", tmp_path / "server")
    assert cassette.exists()
    with pytest.raises(SystemExit, match="holds the API key"):
        record.remove_what_holds("sk-abcdef", tmp_path / "server")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_recording_from_a_gateway_plays_back(
    gateway: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gateway.model.keys = {"test-key"}
    folder = tmp_path / "gateway"
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_MODEL", "gpt-5")
    monkeypatch.setattr("sys.argv", ["record", "--live", "--into", str(folder)])
    # The adapters' cassettes are recorded in the same way, after seconds of imports.
    monkeypatch.setattr(record, "REPLAYING", record.REPLAYING[:1])
    assert record.main() == 0
    assert sorted(server_of(folder).not_recorded) == ["ramclouds/too_long"]
    # This gateway gives all its answers one request id.
    differing = {name for name, finding in report_on(folder).items() if not finding.agrees}
    of_adapters = {name for name in CHECKS if name.startswith(("langchain-", "llama-index-"))}
    assert differing == {"request-id", "key-status", "prices", *of_adapters}
    shown = capsys.readouterr().out
    assert f"{len(CHECKS) - 7} holds, 1 DIFFERS, 0 not allowed, 6 not shown" in shown
    assert "test-key" not in "".join(path.read_text("utf-8") for path in folder.rglob("*.*"))
