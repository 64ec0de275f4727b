"""Runs mutmut with limits that a busy machine does not reach, on some of its changes if asked to.

EVERY=6 python -m scripts.patient_mutmut run     a sixth of them, the same ones each time
"""

from __future__ import annotations

import gc
import os
import zlib
from typing import Any

import mutmut.__main__ as program
from mutmut.runners import harness
from mutmut.workers import isolation

_PATIENCE = 20
"""mutmut stops a test after half as many seconds on the clock as of CPU."""


def main() -> None:
    """Run mutmut's own command line."""
    impatient, warm_up = isolation.register_timeout, harness.PytestRunner.warm_up
    collect = program.collect_source_file_mutation_data
    every = int(os.environ.get("EVERY", "1"))

    def register(pid: int, timeout_s: float) -> None:
        impatient(pid, timeout_s * _PATIENCE)

    def warm_up_and_freeze(runner: Any) -> None:
        warm_up(runner)
        # Else the collector looks through both frameworks in each fork.
        gc.freeze()

    def sample(*, mutant_names: Any) -> Any:
        changes, files = collect(mutant_names=mutant_names)
        return [change for change in changes if number_of(change[1]) % every == 0], files

    isolation.register_timeout = register
    harness.PytestRunner.warm_up = warm_up_and_freeze
    program.collect_source_file_mutation_data = sample
    # In no order, so that a run that is stopped has tried some of each file's.
    program.estimated_worst_case_time = number_of
    program.cli()


def number_of(name: str) -> int:
    """A number by which a change is chosen, whatever else changes."""
    return zlib.crc32(name.encode())


if __name__ == "__main__":
    main()
