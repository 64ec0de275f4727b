"""Measures of one subject, one after the other, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import measures
from benchmarks.server import allow_many_files

# What would make a subject do work that no other does.
_NOT_PASSED_ON = ("LANGSMITH_", "LANGCHAIN_", "OPENAI_", "RAMCLOUDS_", "HTTP", "ALL_PROXY", "NO_P")


@dataclass(frozen=True)
class Job:
    """One measure, by the name of its function, of what the server responds under a path."""

    measure: str
    path: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


def ask(subject: str, root: str, jobs: list[Job], *, seconds: float) -> list[measures.Figures]:
    """The figures of each job; of those only that were done in time."""
    request = [
        {"measure": job.measure, "name": subject, "url": f"{root}/{job.path}/v1", **job.args}
        for job in jobs
    ]
    command = [sys.executable, "-m", "benchmarks.worker", json.dumps(request)]
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_NOT_PASSED_ON)
    }
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, _ = process.communicate()
    if process.returncode > 0:
        raise RuntimeError(f"measuring {subject} failed: {request}")
    return [json.loads(line) for line in printed.splitlines()]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    allow_many_files()
    for asked in json.loads(sys.argv[1]):
        print(json.dumps(getattr(measures, asked.pop("measure"))(**asked)), flush=True)
