"""Runs in processes of their own: killed, interrupted, out of disk, from a shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ramclouds import AsyncClient, bulk
from tests.bulk.conftest import lines_of
from tests.gateway import Gate, Gateway, Json, completion
from tests.gateway.responses import Step

pytestmark = pytest.mark.process


def environment_for(gateway: Gateway) -> dict[str, str]:
    settings = {"RAMCLOUDS_API_KEY": "test-key", "RAMCLOUDS_BASE_URL": gateway.base_url}
    return {**os.environ, **settings, "PYTHONWARNINGS": "ignore"}


def start(gateway: Gateway, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ramclouds.bulk", *args],
        env=environment_for(gateway),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def rows_in(folder: Path, count: int) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(f'"row {n}"\n' for n in range(count)))
    return str(path)


@dataclass
class Held(Json):
    """A body that comes when the gate is open."""

    gate: Gate = field(default_factory=Gate)

    def steps(self) -> Iterator[Step]:
        yield self.gate
        yield from super().steps()


# No limit in the end: coverage writes then what it has measured.
IN_8_KILOBYTES = """
import resource
from ramclouds.bulk.__main__ import main
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, most))
code = main()
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
raise SystemExit(code)
"""


def lines_in(out: Path) -> int:
    return out.read_bytes().count(b"\n") if out.exists() else 0


def test_kill_loses_nothing_and_pays_twice_for_what_was_in_flight(
    gateway: Gateway, tmp_path: Path, client: AsyncClient
) -> None:
    rows, out = rows_in(tmp_path, 300), tmp_path / "out.jsonl"
    for kill in (1, 2):
        process = start(
            gateway, rows, "--out", str(out), "--model", "gpt-5", "--max-in-flight", "8"
        )
        while lines_in(out) < kill * 90:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.communicate()
    report = bulk.run(rows, model="gpt-5", client=client, out=out)
    assert (report.failed, report.left) == (0, 0)
    asked = Counter(body["messages"][0]["content"] for body in gateway.bodies)
    assert len(asked) == 300
    assert sum(asked.values()) - 300 <= 2 * 8
    assert len({result.custom_id for result in bulk.read(out) if result.is_answered}) == 300


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_what_is_in_flight_and_the_second_breaks_it_off(
    presses: int, gateway: Gateway, tmp_path: Path
) -> None:
    gate = Gate()
    gateway.handler = lambda request: Held(completion("Hi"), gate=gate)
    out = tmp_path / "out.jsonl"
    process = start(gateway, "-", "--out", str(out), "--model", "m", "--max-in-flight", "4")
    assert process.stdin is not None
    # It stays open: more rows may come.
    process.stdin.write(Path(rows_in(tmp_path, 5)).read_bytes())
    process.stdin.flush()
    gateway.wait_requests(4, timeout=60)
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        # Time for the signal: two at once are one, and an answer before it lets others go out.
        time.sleep(1)
    gate.open()
    assert process.wait(60) == 130
    _, stderr = process.communicate()
    assert b"interrupted: run it again for the rows that are left" in stderr
    assert lines_in(out) == (len(gateway.requests) if presses == 1 else 0)
    assert len(gateway.requests) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_full_disk_ends_in_a_report_and_loses_no_answer(
    gateway: Gateway, tmp_path: Path, client: AsyncClient
) -> None:
    rows, out = rows_in(tmp_path, 100), tmp_path / "out.jsonl"
    arguments = [rows, "--out", str(out), "--model=m", "--max-in-flight=4"]
    full = subprocess.run(
        [sys.executable, "-B", "-c", IN_8_KILOBYTES, *arguments],
        env=environment_for(gateway),
        capture_output=True,
        check=False,
    )
    assert full.returncode == 1
    assert b"the results cannot be written" in full.stderr
    kept = [*lines_of(out), *map(json.loads, full.stdout.splitlines())]
    assert len(kept) == len(gateway.requests) < 100
    assert bulk.run(rows, model="m", client=client, out=out).failed == 0
    assert len(list(bulk.read(out))) == 100
