"""Bulk runs on Ray: `make test-ray` installs it, and `make test` passes these tests over."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from ramclouds import bulk
from tests.gateway import Gateway

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: make test-ray"),
    # Ray's own processes take their time to start.
    pytest.mark.timeout(300),
]
PROGRAM = Path(__file__).with_name("run_rows.py")
IN_FLIGHT = 2 * 4


@contextmanager
def started(
    gateway: Gateway, out: Path, rows: int, shown: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, which is killed in the end if it still runs; Ray's processes end with it."""
    settings = {
        "RAMCLOUDS_API_KEY": "test-key",
        "RAMCLOUDS_BASE_URL": gateway.base_url,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
        "RAY_AUTH_MODE": "disabled",
        # On a busy machine the workers would get no CPU: by default they are nice to all others.
        "RAY_worker_niceness": "0",
    }
    with shown.open("wb") as file:
        # No pipe: Ray's own processes would keep it open after a kill.
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(PROGRAM), str(out), str(rows)],
            env={**os.environ, **settings},
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_kill_at_half_loses_nothing(gateway: Gateway, tmp_path: Path) -> None:
    out, count = tmp_path / "answers.jsonl", 200
    shown = tmp_path / "shown.txt"
    with started(gateway, out, count, shown) as process:
        while len(gateway.requests) < count // 2:
            assert process.poll() is None, shown.read_text()
            time.sleep(0.01)

    with started(gateway, out, count, shown) as process:
        process.wait()
    assert "answered, 0 failed" in shown.read_text()
    assert {request.key for request in gateway.requests} == {"test-key"}
    asked = Counter(body["messages"][0]["content"] for body in gateway.bodies)
    assert len(asked) == count
    assert len(gateway.requests) <= count + IN_FLIGHT
    assert len({result.custom_id for result in bulk.read(out)}) == count
    assert not out.with_name("answers.jsonl.parts").exists()
